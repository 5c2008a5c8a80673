# A state directory that cannot be written, a full disk, a home that is read-only: the daemon serves, and
# nothing is ever half-written.

# serves WHEN: unlock, a role, and the way of a tool.
serves() {
  check "unlocks $1" unlock
  check "assumes a role $1" client whoami prod
  check "serves a tool $1" client credential-process staging
}

# a_disk SIZE FOLDER: a file system of its own, for the owner.
a_disk() {
  mkdir -p "$2"
  mount -t tmpfs -o "size=$1,mode=700,uid=$owner,gid=$owner" tmpfs "$2"
}

fill() {
  dd if=/dev/zero of="$1/full" bs=512 2>/dev/null || true
  ! echo more >"$1/more" 2>/dev/null || { echo "could not fill $1"; return 1; }
}

new_home full-later
state=$home/.local/state
a_disk 64k "$state"
chown -R "$owner:$owner" "$home/.local"
start_daemon
view=$state/stsd/aws/config
until_true 10 grep -q credential_process "$view"
cp -p "$view" "$work/view.before"
rm -f "$state/more"
fill "$state"
serves 'when the disk became full'
client token create --profile prod >"$work/said" 2>&1 || true
check 'an authorization token that finds no room is refused with the reason' says "$work/said" 'No space left on device'
check 'and with what to do' says "$work/said" 'hint: make room on its disk, and repeat it'
cat "$work/said"
printf '\n[profile new]\nrole_arn = arn:aws:iam::444455556666:role/prod\nsource_profile = default\n' >>"$home/.aws/config"
check 'notices a new profile when the disk is full' until_true 10 eval 'client profiles | grep -q "^new "'
check 'says that it could not write' grep -q 'could not write a file of the state directory' "$log"
check 'the view is the old one and whole' cmp "$view" "$work/view.before"
check 'leaves no half of a file' [ -z "$(find "$state" -name '*.new~')" ]
audit=$state/stsd/audit/log.jsonl
missing_records() {
  client status | grep -q 'the audit: notice: it cannot be written (.* missing so far'
}
# More than what is left of the page that the audit's last line stands in.
for _ in {1..20}; do client credential-process staging >/dev/null; done
check 'counts the records that the audit misses' until_true 10 missing_records
check 'leaves no half of a record' python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$audit"
rm -f "$state/full" "$state/more"
printf '\n# and on\n' >>"$home/.aws/config"
check 'writes the view when there is room again' until_true 10 grep -q '^\[profile new\]' "$view"
client credential-process staging >/dev/null 2>&1
check 'says in the audit how many are missing' until_true 10 grep -q '"event":"records_dropped".*"count":[1-9]' "$audit"
check 'has forgotten the obstacle then' not missing_records
stop_daemon

new_home full-before
a_disk 16k "$home/.local"
mkdir "$home/.local/state"
chown "$owner:$owner" "$home/.local/state"
fill "$home/.local"
start_daemon
serves 'when the disk was full from the start'
client lock 2>"$work/said"
check 'a lock that is not written down says so' says "$work/said" 'holds until the daemon is restarted'
stop_daemon

new_home unwritable
mkdir -p "$home/.local/state/stsd"
chmod 555 "$home/.local/state/stsd"
start_daemon
serves 'when the state directory is not its own'
stop_daemon

new_home read-only
start_daemon
token=$home/prod.token
client token create --profile prod --file "$token"
client exec prod -- true
stop_daemon
a_disk 64k "$home/run"
mount --bind "$home" "$home"
mount -o remount,bind,ro "$home"
mount --bind "$work/read-only" "$work/read-only" 2>/dev/null || true
a_disk 64k "$home/run"
start_daemon
check 'control: the home is read-only' not owner_runs touch "$home/x"
serves 'when the home is read-only'
opens_prod() {
  owner_runs curl -sf -H "Authorization: $(cat "$1")" "http://127.0.0.1:$port/creds/prod" | grep -q '"Code":"Success"'
}
check 'an authorization token of before opens its profile' opens_prod "$token"
check 'exec starts its command with the token that is there' client exec prod -- true
stop_daemon
umount -R "$home"
