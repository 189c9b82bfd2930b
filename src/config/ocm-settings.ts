import { SettingError } from './setting-error.js';
import { SETTINGS, type Setting } from './settings.js';

/** How this cloud meets servers of Open Cloud Mesh. */
export interface OcmSettings {
  /** Servers that are no peers may share with us, and we with them. */
  readonly isOpen: boolean;
  /** What is asked of signatures (open-cloud-mesh.md 10.4), where nothing else is recorded of a peer. */
  readonly signatures: (typeof SIGNATURES)[number];
  /** Who is told in words alone how resources are reached (open-cloud-mesh.md 3.1). */
  readonly stringsOnly: (typeof STRINGS_ONLY)[number];
}

const SIGNATURES = ['off', 'opportunistic', 'required'] as const;
const STRINGS_ONLY = ['off', 'go-client', 'always'] as const;

/** Reads the settings of Open Cloud Mesh; throws {@link SettingError}. */
export function readOcm(read: (setting: Setting) => string | undefined): OcmSettings {
  const word = <Word extends string>(setting: Setting, words: readonly Word[]): Word => {
    const text = read(setting) ?? setting.fallback;
    const known = words.find((each) => each === text);
    if (known === undefined) throw new SettingError(setting, `must be one of ${words.join(', ')}.`);
    return known;
  };
  return {
    isOpen: word(SETTINGS.ocmOpen, ['false', 'true']) === 'true',
    signatures: word(SETTINGS.ocmSignatures, SIGNATURES),
    stringsOnly: word(SETTINGS.ocmStringsOnly, STRINGS_ONLY),
  };
}
