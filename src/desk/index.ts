export * from './calendar.js';
export { Calendars, type DesktopUser } from './calendars.js';
export * from './comment.js';
export { Desk } from './desk.js';
export * from './item-desk.js';
export * from './lock.js';
export type { Party } from './party.js';
export type { Place, Places } from './places.js';
export { compactTime, parseCompactTime } from './stamps.js';
