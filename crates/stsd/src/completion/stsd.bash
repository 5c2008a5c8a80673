# Completions of stsd for bash. In ~/.bashrc: eval "$(stsd completions bash)"
#
# The program is asked and answers with words that are quoted already, one a line; nothing of them is
# expanded here.
_stsd() {
  local at reply
  COMPREPLY=()
  if [[ ${COMP_WORDS[1]} == exec ]]; then
    for ((at = 2; at < COMP_CWORD; at++)); do
      [[ ${COMP_WORDS[at]} == -- ]] || continue
      _stsd_command "$((at + 1))" "$2"
      return
    done
  fi
  while IFS= read -r reply; do
    COMPREPLY+=("$reply")
  done < <(command stsd completions bash -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}

# The command of exec, by bash-completion where that is there.
_stsd_command() {
  local reply
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    while IFS= read -r reply; do
      COMPREPLY+=("$reply")
    done < <(compgen -c -- "$2")
  else
    compopt -o default 2>/dev/null
  fi
}

complete -F _stsd stsd
