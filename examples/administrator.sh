#!/usr/bin/env bash
# A day of a shop administrator, against a running server. Every answer is compared with the expected one; the
# first difference ends the script with 1.
#
#   examples/administrator.sh [BASE_URL [MAIL_DIRECTORY]]
#
# The defaults fit `make run` in this checkout. CUSTOMER_API is the command, which needs the server's settings
# and directory. Needs curl and python3.

set -euo pipefail

api=${1:-http://127.0.0.1:8000}
mails=${2:-var/mail}
here=$(dirname "$0")
customer_api=${CUSTOMER_API:-.venv/bin/customer-api}

number=$RANDOM$RANDOM
operator="grace-$number@shop.example"
email="Ada.Sample-$number@shop.example"
password='Corr3ct-Horse!'
token=
mount=back-office/v1
. "$here/calls.sh"

echo "Create an administrator, and log in."
printf '%s' "$password" | "$customer_api" operator create --email "$operator" --role administrator --password-stdin
call 401 GET customers
call 201 POST access-tokens access-tokens "{\"username\": \"$operator\", \"password\": \"$password\"}"
token=$(value data attributes accessToken)

echo "Add a customer, who gets a mail to set a password."
call 201 POST customers customers "{
  \"email\": \"$email\", \"firstName\": \"Ada\", \"lastName\": \"Sample\", \"sendPasswordToken\": true}"
reference=$(value data id)
expect unconfirmed data attributes status
key=$(python3 "$here/mailed_key.py" "$mails" "$email" password/restore)
call 422 POST customers customers "{\"email\": \"$email\", \"firstName\": \"A\", \"lastName\": \"B\"}"
expect 1230 errors 0 code

echo "Find her by a piece of the e-mail."
call 200 GET "customers?q=sample-$number&count=exact"
expect 1 meta total
expect "$reference" data 0 id

echo "The customer sets her password, which confirms the account."
mount=v1
call 204 PATCH "customer-restore-password/$reference" customer-restore-password "{
  \"restorePasswordKey\": \"$key\", \"password\": \"$password\", \"confirmPassword\": \"$password\"}"
mount=back-office/v1
call 200 GET "customers/$reference"
expect registered data attributes status

echo "Note what she called about."
call 201 POST "customers/$reference/notes" notes '{"text": "Called about a parcel; likes to be called Ada."}'
expect "$operator" data attributes authorName

echo "Put her into a group."
call 201 POST customer-groups customer-groups "{\"name\": \"Wholesale $number\", \"description\": \"Buys by the pallet\"}"
group=$(value data id)
call 204 POST "customer-groups/$group/customers" customer-group-members "{\"customerReferences\": [\"$reference\"]}"
call 200 GET "customers?filter[customers.group]=$group"
expect "$reference" data 0 id

echo "Two addresses, and the second becomes the default for bills."
add_address() { # STREET
  call 201 POST "customers/$reference/addresses" addresses "{
    \"salutation\": \"Ms\", \"firstName\": \"Ada\", \"lastName\": \"Sample\", \"address1\": \"$1\",
    \"address2\": \"1\", \"zipCode\": \"10115\", \"city\": \"Berlin\", \"iso2Code\": \"DE\",
    \"isDefaultBilling\": false, \"isDefaultShipping\": false}"
}
add_address "Main Street"
add_address "Side Street"
office=$(value data id)
call 200 PATCH "customers/$reference" customers "{\"defaultBillingAddress\": \"$office\"}"
expect "$office" data attributes defaultBillingAddress

echo "The order system is a client of its own, and pushes an order, twice."
call 201 POST clients clients '{"name": "order system", "scopes": ["orders:write"]}'
client_id=$(value data id)
client_secret=$(value data meta clientSecret)
operator_token=$token
token=$(curl --silent --show-error --fail --max-time 30 --user "$client_id:$client_secret" \
  --data grant_type=client_credentials "$api/$mount/token" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
order="{
  \"customerReference\": \"$reference\", \"placedAt\": \"2026-03-14T09:26:53Z\", \"currency\": \"EUR\",
  \"priceMode\": \"GROSS_MODE\", \"state\": \"new\",
  \"totals\": {\"expenseTotal\": 490, \"discountTotal\": 0, \"taxTotal\": 399, \"subtotal\": 2010, \"grandTotal\": 2500},
  \"items\": [{\"sku\": \"001\", \"name\": \"Camera\", \"quantity\": 2, \"unitPrice\": 1005, \"sumPrice\": 2010, \"taxRate\": 19}]}"
call 201 PUT "orders/SHOP-$number" orders "$order"
call 200 PUT "orders/SHOP-$number" orders "$order"
call 403 GET "customers/$reference"
expect 1240 errors 0 code
token=$operator_token
call 200 GET "customers/$reference/orders"
expect "SHOP-$number" data 0 id

echo "She wants to know what is stored about her, and then to be forgotten."
call 200 GET "customers/$reference/personal-data"
expect Ada data attributes customers 0 firstName
call 409 DELETE "customers/$reference"
expect 1233 errors 0 code
call 201 POST "customers/$reference/erasure-previews"
expect 2 data attributes erased addresses
confirmation=$(value data attributes confirmation)
call 204 DELETE "customers/$reference?confirmation=$confirmation"
call 200 GET "customers/$reference/erasure-receipt"
expect 2 data attributes erased addresses
call 200 GET "customers?q=sample-$number&count=exact"
expect 0 meta total
call 200 GET "orders/SHOP-$number"

echo "All of it is in the audit trail, the newest first."
call 200 GET "audit-events?filter[audit-events.subject]=$reference&page[size]=100"
python3 - "$answer" <<'END'
import json, sys
actions = [it["attributes"]["action"] for it in json.loads(sys.argv[1])["data"]]
expected = {"customer.created", "customer.read", "note.created", "address.created", "customer.changed",
            "customer.exported", "customer.erasure_previewed", "customer.erased", "customer.erasure_read"}
missing = expected - set(actions)
if missing:
    sys.exit(f"not in the trail: {', '.join(sorted(missing))}")
END

echo "All as expected."
