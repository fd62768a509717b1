import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Files that hold nothing else than secrets, by their names. `.env.example` and its like are for showing. */
const names: readonly RegExp[] = [
  /^\.env(\.(?!example$|sample$|template$).+)?$/i,
  /\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc)$/i,
  /^id_(rsa|dsa|ecdsa|ed25519)(\.\w+)?$/i,
  /^\.(npmrc|netrc|pypirc|git-credentials|htpasswd|dockercfg|pgpass)$/i,
  /^(credentials|secrets?|tokens?|service[-_]?account[\w-]*|admin-key|vault)(\.(json|ya?ml|toml|ini|txt|key))?$/i,
];

/** What secrets look like inside of other files. */
const contents: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/, 'a private key'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an access key of AWS'],
  [/\b(?:gh[opsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})/, 'a token of GitHub'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'a token of npm'],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}/, 'a token of Slack'],
  [/\b[rs]k_live_[A-Za-z0-9]{16,}/, 'a key of Stripe'],
  [/\bwhsec_[A-Za-z0-9+/=]{24,}/, 'a secret of a webhook'],
  [/_authToken\s*=\s*[^\s$]+/, 'a token of a registry'],
];

const maxBytes = 1024 * 1024;

/** The packed files that look like secrets, each with why. */
export function secretsIn(
  folder: string,
  paths: readonly string[],
): readonly { readonly path: string; readonly message: string }[] {
  return paths.flatMap((path) => {
    const file = basename(path);
    if (names.some((pattern) => pattern.test(file))) return [{ path, message: 'looks like a file of secrets' }];
    const what = contents.find(([pattern]) => pattern.test(textOf(join(folder, path))))?.[1];
    return what === undefined ? [] : [{ path, message: `seems to hold ${what}` }];
  });
}

/** Nothing for what is too large to be written by hand. */
function textOf(path: string): string {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY;
  return size <= maxBytes ? readFileSync(path, 'latin1') : '';
}
