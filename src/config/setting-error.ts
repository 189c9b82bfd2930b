import type { Setting } from './settings.js';

/** A setting that cannot be used; the message names it and says what to write, without repeating a secret. */
export class SettingError extends Error {
  constructor(setting: Setting, problem: string) {
    super(`${setting.name} ${problem}`);
    this.name = 'SettingError';
  }
}

/** Where settings are read from. */
export type Environment = Readonly<Record<string, string | undefined>>;
