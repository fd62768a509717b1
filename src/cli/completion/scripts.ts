import type { CommandWords } from './command-words.ts';

/** The shells that there is a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** One of {@link shells}. */
export type Shell = (typeof shells)[number];

/** The script that teaches a shell what can be typed after `ihuman`. */
export function completionScript(shell: Shell, tree: readonly CommandWords[]): string {
  return { bash, zsh, fish }[shell](tree);
}

/** Names of skills are looked up when they are needed; a folder with another name is none, and its name no shell text. */
function skillNames(folder: string): string {
  const names = `s|.*/\\([a-z0-9][a-z0-9._-]*\\)$|\\1|p`;
  return `command find ${folder} -mindepth 1 -maxdepth 1 -type d 2>/dev/null | command sed -n '${names}'`;
}

const skillNamesInSh = `$(${skillNames('"${IHUMAN_SKILLS:-skills}"')})`;
const skillNamesInFish = `(set -q IHUMAN_SKILLS; and set -l at $IHUMAN_SKILLS; or set -l at skills; ${skillNames('$at')})`;

function bash(tree: readonly CommandWords[]): string {
  const words = tree.map(({ path, verbs, flags, values, takesSkill }) => {
    const texts = [...verbs, ...flags].map(({ text }) => text).concat(values);
    return `    ${quoted(path)}) words="${texts.join(' ')}${takesSkill ? ` ${skillNamesInSh}` : ''}" ;;`;
  });
  return `# bash completion of ihuman. For every shell: ihuman completion bash >> ~/.bashrc
_ihuman() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${pathPattern(tree, '|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $prev" in
${valueCases(tree, (values) => `words="${values.join(' ')}"`)}
  esac
  case "$at" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _ihuman ihuman
`;
}

/** In front of the words of a command: after a flag that wants a value come its values, or files. */
function valueCases(tree: readonly CommandWords[], assign: (values: readonly string[]) => string): string {
  const rows = tree.flatMap(({ path, flags }) => {
    return flags
      .filter(({ takesValue }) => takesValue)
      .map(({ text, values }) => {
        const then =
          values.length === 0 ? 'return' : `${assign(values)}; COMPREPLY=($(compgen -W "$words" -- "$cur")); return`;
        return `    ${quoted(`${path} ${text}`)}) ${then} ;;`;
      });
  });
  return rows.join('\n');
}

function zsh(tree: readonly CommandWords[]): string {
  const cases = tree.map(({ path, verbs, flags, values, takesSkill }) => {
    const described = [...verbs, ...flags].map(({ text, summary }) => quoted(`${text}:${oneLine(summary)}`));
    const names = [...described, ...values.map(quoted), ...(takesSkill ? [`\${(f)"${skillNamesInSh}"}`] : [])];
    return `    ${quoted(path)}) names=(${names.join(' ')}) ;;`;
  });
  const afterFlags = tree.flatMap(({ path, flags }) => {
    return flags
      .filter(({ takesValue }) => takesValue)
      .map(({ text, values }) => {
        const then = values.length === 0 ? '_files' : `compadd -- ${values.join(' ')}`;
        return `    ${quoted(`${path} ${text}`)}) ${then}; return ;;`;
      });
  });
  return `#compdef ihuman
# zsh completion of ihuman. For every shell: ihuman completion zsh > a file _ihuman in a folder of $fpath
_ihuman() {
  local at="" word
  local -a names
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${pathPattern(tree, '|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${afterFlags.join('\n')}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  _describe ihuman names || _files
}
if [[ "\${funcstack[1]}" = _ihuman ]]; then _ihuman "$@"; else compdef _ihuman ihuman; fi
`;
}

function fish(tree: readonly CommandWords[]): string {
  const rows = tree.flatMap(({ path, verbs, flags, values, takesSkill }) => {
    const here = `complete -c ihuman -n "__ihuman_at ${quoted(path)}"`;
    const names = verbs.map(({ text, summary }) => `${here} -f -a ${text} -d ${escaped(oneLine(summary))}`);
    const options = flags.map(({ text, summary, takesValue, values: choices }) => {
      const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
      return `${here} -l ${text.slice(2)}${value} -d ${escaped(oneLine(summary))}`;
    });
    const known = values.length === 0 ? [] : [`${here} -f -a ${quoted(values.join(' '))}`];
    const skills = takesSkill ? [`${here} -f -a ${escaped(skillNamesInFish)}`] : [];
    return [...names, ...options, ...known, ...skills];
  });
  return `# fish completion of ihuman. For every shell: ihuman completion fish > ~/.config/fish/completions/ihuman.fish
function __ihuman_at
    set -l at ''
    for word in (commandline -opc)[2..]
        switch "$at $word"
            case ${pathPattern(tree, ' ')}
                set at (string trim "$at $word")
        end
    end
    test "$at" = "$argv[1]"
end
${rows.join('\n')}
`;
}

/** Matches the words so far and the next one where they lead to a command: `' list'`, `'webhooks create'`. */
function pathPattern(tree: readonly CommandWords[], separator: string): string {
  const paths = tree.filter(({ path }) => path !== '').map(({ path }) => (path.includes(' ') ? path : ` ${path}`));
  return paths.map(quoted).join(separator);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(':', ' -');
}

/** In single quotes, for bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** In single quotes, for fish. */
function escaped(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
