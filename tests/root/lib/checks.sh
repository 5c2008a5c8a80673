# For bash tests: each check prints one line and is counted; nothing ends at the first that fails.

passed=0 failed=0

# check SENTENCE COMMAND...
check() {
  local sentence=$1
  shift
  if "$@" >/dev/null 2>&1; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$sentence"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\n' "$sentence"
  fi
}

not() {
  ! "$@"
}

# until_true SECONDS COMMAND...: looks again until it is so.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" 2>/dev/null; do
    ((SECONDS < end)) || return 1
    # Waits for a moment without a process: nothing ever comes by this descriptor.
    read -r -t 0.05 <> <(:) || true
  done
}

# field NAME: of the JSON object on standard input; empty for null.
field() {
  python3 -c 'import json, sys; value = json.load(sys.stdin)[sys.argv[1]]; print("" if value is None else value)' "$1"
}

summary() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}
