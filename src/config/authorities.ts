import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SettingError } from './setting-error.js';
import type { Setting } from './settings.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificate authorities in a PEM file, as text; refused when it cannot be read or holds no certificate. */
export function readAuthorities(setting: Setting, file: string): string {
  const found = textOf(setting, file).match(CERTIFICATE) ?? [];
  if (found.length === 0)
    throw new SettingError(setting, `must name a PEM file with certificates; ${file} holds none.`);
  const broken = found.findIndex((certificate) => !isCertificate(certificate));
  if (broken === -1) return found.join('\n');
  throw new SettingError(setting, `names ${file}, in which certificate ${String(broken + 1)} cannot be read.`);
}

function textOf(setting: Setting, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new SettingError(setting, `names ${file}, which cannot be read (${why}).`);
  }
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
