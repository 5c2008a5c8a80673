# What is left of secrets: canaries go through a whole day, then every place is searched in which a program
# leaves traces. Each search is held against one that must find.

# All that is in /tmp is of this run, and is searched.
own_tmp
new_home residue
ulimit -c unlimited
start_daemon
python3 "$here/lib/residue.py" "$home" "$owner" "$port" "$daemon" "$log" "$here" "$work/man" | tee "$work/residue.txt"
grep -q '^sinks: ' "$work/residue.txt" || { echo 'the search came to no end'; exit 1; }
while IFS=$'\t' read -r outcome sentence; do
  check "$sentence" [ "$outcome" = ok ]
done < <(sed -n 's/^check\t//p' "$work/residue.txt")
read -r places encodings < <(sed -nE 's/^sinks: ([0-9]+), encodings: ([0-9]+),.*/\1 \2/p' "$work/residue.txt")
check 'at least 12 places were searched, in at least 6 encodings' eval '((places >= 12 && encodings >= 6))'
