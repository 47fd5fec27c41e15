# shellcheck shell=bash
# What the examples share. Sourced, with $api (base URL), $mount (what follows it) and $token (may be empty).

# call STATUS METHOD PATH [TYPE ATTRIBUTES]: send a request, demand a status, keep the body in $answer.
call() {
  local status=$1 method=$2 path=$3 found
  local arguments=(--silent --show-error --globoff --max-time 30 --request "$method" --write-out '\n%{http_code}')
  [ -z "$token" ] || arguments+=(--header "Authorization: Bearer $token")
  [ $# -lt 5 ] || arguments+=(--data "{\"data\": {\"type\": \"$4\", \"attributes\": $5}}")
  answer=$(curl "${arguments[@]}" "$api/$mount/$path")
  found=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  printf '%-6s /%s/%s: %s\n' "$method" "$mount" "$path" "$found"
  [ "$found" = "$status" ] || { printf 'expected %s; the answer is:\n%s\n' "$status" "$answer" >&2; exit 1; }
}

# value PATH...: print a member of $answer, such as `value data attributes email`.
value() {
  python3 -c '
import json, sys
found = json.loads(sys.argv[1])
for name in sys.argv[2:]:
    found = found[int(name) if isinstance(found, list) else name]
print(found)' "$answer" "$@"
}

# expect EXPECTED PATH...: demand a member of $answer.
expect() {
  local expected=$1 found
  shift
  found=$(value "$@")
  [ "$found" = "$expected" ] || { printf '%s: expected %s, found %s\n' "$*" "$expected" "$found" >&2; exit 1; }
}
