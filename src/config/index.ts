export * from './config.js';
export { type MailServer } from './mail-settings.js';
export type { OcmSettings } from './ocm-settings.js';
export { SettingError } from './setting-error.js';
export * from './settings.js';
