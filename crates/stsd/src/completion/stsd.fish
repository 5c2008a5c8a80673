# Completions of stsd for fish: stsd completions fish > ~/.config/fish/completions/stsd.fish
#
# The program is asked and answers with a word and its meaning on each line; fish quotes the word.
function __stsd_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    command stsd completions fish -- $words[2..-1] "$current" 2>/dev/null
end

function __stsd_runs_a_command
    set -l words (commandline -opc)
    test "$words[2]" = exec; and contains -- -- $words
end

# The command of exec completes as it would alone.
function __stsd_command
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    set -l rest
    test $at -lt (count $words); and set rest (string escape -- $words[(math $at + 1)..-1])
    set -l current (commandline -ct)
    complete -C (string join ' ' -- $rest "$current")
end

complete -c stsd -e
complete -c stsd -f
complete -c stsd -n 'not __stsd_runs_a_command' -a '(__stsd_candidates)'
complete -c stsd -n __stsd_runs_a_command -a '(__stsd_command)'
