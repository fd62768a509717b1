/** What went wrong, in the words and codes of Node, kafkajs and the brokers. */
interface Failure {
  readonly text: string;
  readonly tls: boolean;
}

interface Rule {
  readonly when: RegExp;
  /** Only with TLS, or only without; default: both. */
  readonly tls?: boolean;
  readonly advice: string;
}

/** The first rule that fits counts. */
const rules: readonly Rule[] = [
  {
    when: /UNSUPPORTED_SASL_MECHANISM|mechanism is not supported/,
    advice: 'The brokers do not offer this way to sign in; IHUMAN_KAFKA_SASL names another one.',
  },
  {
    when: /ILLEGAL_SASL_STATE/,
    advice: 'The brokers take no sign-in at this port; set IHUMAN_KAFKA_SASL to none, or name another port.',
  },
  {
    when: /SASL|SASL_AUTHENTICATION_FAILED/,
    advice:
      'The sign-in was refused; check IHUMAN_KAFKA_USERNAME, IHUMAN_KAFKA_PASSWORD and IHUMAN_KAFKA_SASL against the user of the cluster.',
  },
  {
    when: /AUTHORIZATION_FAILED/,
    advice: 'This user may not do that; docs/how-to/run-on-kafka.md lists the rights that it needs.',
  },
  {
    when: /SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/,
    advice:
      "The broker's certificate comes from an authority that is not known here; name a file with the authority's certificate in NODE_EXTRA_CA_CERTS.",
  },
  {
    when: /ERR_TLS_CERT_ALTNAME_INVALID/,
    advice: "The broker's certificate is for another name; put that name into IHUMAN_KAFKA_BROKERS.",
  },
  { when: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, advice: "The broker's certificate is not valid today; renew it." },
  {
    when: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connection timeout/,
    advice: 'No broker listens there; check IHUMAN_KAFKA_BROKERS, and that the cluster runs.',
  },
  {
    when: /before secure TLS connection|EPROTO|ERR_SSL|ECONNRESET/,
    tls: true,
    advice: 'The brokers seem not to speak TLS at this port; set IHUMAN_KAFKA_TLS to false, or name another port.',
  },
  {
    when: /Closed connection|ECONNRESET|timed out/,
    tls: false,
    advice:
      'A broker that hangs up at once wants TLS or a sign-in at this port; set IHUMAN_KAFKA_TLS to true, or IHUMAN_KAFKA_SASL.',
  },
  {
    when: /Closed connection/,
    tls: true,
    advice: 'A broker that hangs up at once wants a sign-in at this port; set IHUMAN_KAFKA_SASL.',
  },
];

/** What to do when the brokers cannot be used for this reason; null when there is nothing that would help. */
export function connectionAdvice(cause: unknown, { tls }: { readonly tls: boolean }): string | null {
  const failure: Failure = { text: textOf(cause), tls };
  return rules.find((rule) => fits(rule, failure))?.advice ?? null;
}

function fits(rule: Rule, { text, tls }: Failure): boolean {
  return rule.when.test(text) && (rule.tls === undefined || rule.tls === tls);
}

/** Messages, codes and types of an error and of what caused it. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const named = ['code', 'type'].map((name): unknown => Reflect.get(error, name));
  const words = named.filter((word) => typeof word === 'string');
  return [error.message, ...words, ...(error.cause === undefined ? [] : [textOf(error.cause)])].join('\n');
}
