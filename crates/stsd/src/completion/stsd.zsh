#compdef stsd
# Completions of stsd for zsh. In ~/.zshrc, after compinit: eval "$(stsd completions zsh)"
#
# The program is asked and answers with a word and its meaning on each line; compadd quotes the word.
_stsd() {
  local -a lines values shown
  local line at=${words[(i)--]}
  if [[ ${words[2]} == exec ]] && (( at < CURRENT )); then
    (( CURRENT -= at ))
    shift $at words
    _normal
    return
  fi
  lines=("${(@f)$(command stsd completions zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    values+=("${line%%$'\t'*}")
    shown+=("${line/$'\t'/  -- }")
  done
  (( $#values )) && compadd -l -d shown -a values
}

if [[ $funcstack[1] == _stsd ]]; then
  _stsd "$@"
else
  compdef _stsd stsd
fi
