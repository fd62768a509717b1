// What accounts may be called and opened with: the server refuses anything else, and the command line says so while it asks.

const minPasswordBytes = 8;
/** Longer ones are refused unread. */
export const maxPasswordBytes = 256;

/** Passwords that every list of leaked ones starts with. */
const common = new Set(
  `password password1 password2 password12 password123 password1234 password! password1! passw0rd p@ssword p@ssw0rd
  pa$$word 12345678 123456789 1234567890 0123456789 12344321 12341234 123123123 12121212 11112222 11223344 112233445566
  123454321 147258369 741852963 789456123 87654321 987654321 9876543210 00000000 11111111 22222222 55555555 66666666
  77777777 88888888 99999999 1111111111 a1234567 a12345678 1234567a 12345678a abc12345 abcd1234 abcdefgh abcdefg1 aa123456
  aaaaaaaa qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwer1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 zaq12wsx
  q1w2e3r4 asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 iloveyou iloveyou1 welcome1 welcome123 letmein1 letmein123
  changeme changeme1 admin123 admin1234 adminadmin administrator rootroot test1234 testtest test12345 guest123 default1
  secret12 secret123 master12 master123 dragon12 dragon123 monkey12 monkey123 shadow12 trustno1 whatever superman
  batman123 spiderman starwars pokemon1 minecraft football football1 baseball basketball liverpool chelsea1 michelle
  jennifer jessica1 charlie1 princess princess1 sunshine sunshine1 computer internet samsung1 midnight butterfly
  hello123 hello1234 freedom1 november december summer2025 summer2026 winter2025 winter2026`.split(/\s+/),
);

/** What is wrong with an e-mail address, as a sentence; null when it is good. */
export function emailProblem(email: string): string | null {
  const address = email.trim();
  return address.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(address) ? null : 'This is not an e-mail address.';
}

/** What is wrong with a user name, as a sentence; null when it is good. */
export function usernameProblem(username: string): string | null {
  if (/^[A-Za-z0-9_.-]{2,40}$/.test(username)) return null;
  return 'A user name has 2 to 40 letters, digits, dots, dashes or underscores.';
}

/** What is wrong with a password of an account with these names, as a sentence; null when it is good. */
export function passwordProblem(password: string, names: readonly string[]): string | null {
  const bytes = Buffer.byteLength(password);
  const lower = password.toLowerCase();
  if (bytes < minPasswordBytes) return `A password has at least ${String(minPasswordBytes)} characters.`;
  if (bytes > maxPasswordBytes) return `A password has at most ${String(maxPasswordBytes)} bytes.`;
  if (common.has(lower)) return 'This password is among the first that anybody would try.';
  return names.some((name) => name.toLowerCase() === lower)
    ? 'The password is your e-mail address or user name.'
    : null;
}
