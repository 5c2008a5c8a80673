# What is left of secrets: canaries go through a whole day, then every place is searched in which a program
# leaves traces. Each search is held against one that must find.

new_home residue
ulimit -c unlimited
start_daemon
python3 "$here/lib/residue.py" "$home" "$owner" "$port" "$daemon" "$log" "$here" | tee "$work/residue.txt"
grep -q '^sinks: ' "$work/residue.txt" || { echo 'the search came to no end'; exit 1; }
while IFS=$'\t' read -r outcome sentence; do
  check "$sentence" [ "$outcome" = ok ]
done < <(sed -n 's/^check\t//p' "$work/residue.txt")
