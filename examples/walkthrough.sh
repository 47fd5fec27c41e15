#!/usr/bin/env bash
# The life of a customer account, from registration to deletion, against a running server. Every answer is
# compared with the expected one; the first difference ends the script with 1.
#
#   examples/walkthrough.sh [BASE_URL [MAIL_DIRECTORY]]
#
# The defaults fit `make run` in this checkout. Needs curl and python3.

set -euo pipefail

api=${1:-http://127.0.0.1:8000}
mails=${2:-var/mail}
here=$(dirname "$0")

email="ada-$RANDOM$RANDOM@shop.example"
password='Corr3ct-Horse!'
new_password='B4ttery-Staple?'
token=
mount=v1
. "$here/calls.sh"

register() {
  call 201 POST customers customers "{
    \"email\": \"$email\", \"password\": \"$password\", \"confirmPassword\": \"$password\",
    \"salutation\": \"Ms\", \"firstName\": \"Ada\", \"lastName\": \"Sample\", \"gender\": \"Female\",
    \"acceptedTerms\": true}"
}

log_in() { # STATUS PASSWORD
  call "$1" POST access-tokens access-tokens "{\"username\": \"$email\", \"password\": \"$2\"}"
}

add_address() { # STREET IS_DEFAULT_SHIPPING
  call 201 POST "customers/$reference/addresses" addresses "{
    \"salutation\": \"Ms\", \"firstName\": \"Ada\", \"lastName\": \"Sample\", \"address1\": \"$1\",
    \"address2\": \"1\", \"zipCode\": \"10115\", \"city\": \"Berlin\", \"iso2Code\": \"DE\",
    \"isDefaultBilling\": false, \"isDefaultShipping\": $2}"
}

echo "Register $email; before the confirmation nobody can log in."
register
reference=$(value data id)
log_in 401 "$password"
expect 003 errors 0 code

echo "Confirm with the key that was mailed; it works once."
key=$(python3 "$here/mailed_key.py" "$mails" "$email" register/confirm)
call 204 POST customer-confirmation customer-confirmation "{\"registrationKey\": \"$key\"}"
call 422 POST customer-confirmation customer-confirmation "{\"registrationKey\": \"$key\"}"
expect 423 errors 0 code

echo "Log in, read the profile."
call 403 GET "customers/$reference"
expect 002 errors 0 code
log_in 201 "$password"
token=$(value data attributes accessToken)
refresh_token=$(value data attributes refreshToken)
call 200 GET "customers/$reference"
expect "$email" data attributes email

echo "Two addresses: the first is the default for both, the second takes one default over."
add_address "Main Street" false
expect True data attributes isDefaultBilling
add_address "Side Street" true
expect True data attributes isDefaultShipping
call 200 GET "customers/$reference/addresses"
expect True data 0 attributes isDefaultBilling
expect False data 0 attributes isDefaultShipping

echo "Forget the password, restore it by mail: the old password and all old tokens are dead."
call 204 POST customer-forgotten-password customer-forgotten-password "{\"email\": \"$email\"}"
key=$(python3 "$here/mailed_key.py" "$mails" "$email" password/restore)
call 204 PATCH "customer-restore-password/$reference" customer-restore-password "{
  \"restorePasswordKey\": \"$key\", \"password\": \"$new_password\", \"confirmPassword\": \"$new_password\"}"
call 401 GET "customers/$reference"
expect 001 errors 0 code
call 401 POST refresh-tokens refresh-tokens "{\"refreshToken\": \"$refresh_token\"}"
expect 004 errors 0 code
log_in 401 "$password"
log_in 201 "$new_password"
token=$(value data attributes accessToken)

echo "Change the e-mail: it applies when the new mailbox and the password confirm it, and ends all sessions."
new_email="lovelace-$RANDOM$RANDOM@shop.example"
call 200 PATCH "customers/$reference" customers "{\"email\": \"$new_email\"}"
expect "$email" data attributes email
expect "$new_email" data meta pendingEmail
key=$(python3 "$here/mailed_key.py" "$mails" "$new_email" email/confirm)
confirm_email() { # STATUS PASSWORD
  call "$1" POST customer-email-confirmation customer-email-confirmation "{\"key\": \"$key\", \"password\": \"$2\"}"
}
confirm_email 400 "$password"
expect 408 errors 0 code
confirm_email 204 "$new_password"
call 401 GET "customers/$reference"
email=$new_email
log_in 201 "$new_password"
token=$(value data attributes accessToken)

echo "Delete the account: tokens and password are dead, the e-mail is free again."
call 204 DELETE "customers/$reference"
call 401 GET "customers/$reference"
expect 001 errors 0 code
token=
log_in 401 "$new_password"
expect 003 errors 0 code
register
[ "$(value data id)" != "$reference" ] || { echo "the new account has the old reference" >&2; exit 1; }

echo "All as expected."
