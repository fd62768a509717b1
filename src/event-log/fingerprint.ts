const empty = 0xc15d213aa4d7a795n;

let table: BigUint64Array | undefined;

function rabinTable(): BigUint64Array {
  if (table !== undefined) return table;
  table = new BigUint64Array(256);
  for (let i = 0; i < 256; i++) {
    let fingerprint = BigInt(i);
    for (let bit = 0; bit < 8; bit++) fingerprint = (fingerprint >> 1n) ^ (empty & -(fingerprint & 1n));
    table[i] = fingerprint;
  }
  return table;
}

/**
 * CRC-64-AVRO (Rabin fingerprint) of a schema's parsing canonical form, as 16 hex digits, most significant first.
 * Source: Apache Avro specification, "Schema Fingerprints".
 */
export function fingerprintOf(canonicalForm: string): string {
  const crc = rabinTable();
  let fingerprint = empty;
  for (const byte of Buffer.from(canonicalForm)) {
    fingerprint = (fingerprint >> 8n) ^ (crc[Number((fingerprint ^ BigInt(byte)) & 0xffn)] ?? 0n);
  }
  return fingerprint.toString(16).padStart(16, '0');
}
