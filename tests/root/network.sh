# A machine without a network: an unlock says so, and the code is good afterwards.

new_home offline
cp -p "$home/.aws/config" "$work/with-endpoint"
sed -i '/^endpoint_url/d' "$home/.aws/config"
start_daemon
check 'control: there is no way out' [ -z "$(ip route show)" ]
code=$(sts-emulator code "$device")
exit_code=0
client unlock "$code" >"$work/said" 2>&1 || exit_code=$?
check 'an unlock without a network is to be tried again (75)' [ "$exit_code" = 75 ]
check 'it says that STS cannot be reached, and that no code was sent' says "$work/said" 'STS cannot be reached, and no code was sent'
check 'it says what to type' says "$work/said" 'run `stsd unlock` again'
cat "$work/said"
cp -p "$work/with-endpoint" "$home/.aws/config"
until_true 10 grep -q 'endpoint_url' "$home/.local/state/stsd/aws/config"
check 'the same code works when STS can be reached' client unlock "$code"
stop_daemon
