/** The only source of chance: the system's CSPRNG in production, seeded in model tests. */
export interface Random {
  /** `size` unpredictable bytes. */
  bytes(size: number): Buffer;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * An unguessable word of ASCII letters and digits, fit for consumer keys, tokens, nonces and link paths. OAuth 1.0a
 * clients in the field accept 30 to 64 of these characters and reject hyphens (stacksync-api-v2.md 3.3).
 * 32 characters carry 190 bits.
 */
export function randomWord(random: Random, length = 32): string {
  let word = '';
  while (word.length < length) {
    for (const byte of random.bytes(length)) {
      // 248 = 4 * 62: bytes above it would favour the first letters.
      if (byte < 248 && word.length < length) word += ALPHABET.charAt(byte % 62);
    }
  }
  return word;
}

/** `digits` unpredictable decimal digits, for codes that people copy from a mail. */
export function randomDigits(random: Random, digits: number): string {
  let code = '';
  while (code.length < digits) {
    for (const byte of random.bytes(digits)) {
      if (byte < 250 && code.length < digits) code += String(byte % 10);
    }
  }
  return code;
}

/** A UUID of version 4 in lower case with hyphens: 122 bits that every reading of CloudSpaces takes for a name. */
export function randomUuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
