#!/bin/sh
# Stands in for stsd-gateway: says what the test left in the home, whatever it is asked, and waits.
/bin/cat "$HOME/gateway" >&0
exec /bin/sleep 60
