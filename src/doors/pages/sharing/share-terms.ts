import { DAY, invalid, parsePermission, type Clock, type Fields, type Permission } from '../../../kernel/index.js';
import { textField } from '../frame/forms.js';

/** How long invitations wait when their owner does not say, and at most, days. */
export const INVITATION_DAYS = { usual: 30, most: 90 } as const;

/** What somebody may do, as a form says it. */
export function permissionField(form: Fields): Permission {
  return parsePermission(textField(form, 'permission'));
}

/** The end of the last day that was typed, UTC, milliseconds; undefined when the field is empty. */
export function lastDayField(form: Fields, clock: Clock): number | undefined {
  const day = textField(form, 'expires');
  if (day === '') return undefined;
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(start)) throw invalid('Write the last day as year-month-day, such as 2026-12-31.');
  const end = start + DAY - 1;
  if (end <= clock.now()) throw invalid('The last day must not be over yet: days end at midnight UTC.');
  return end;
}

/** How long an invitation is to wait, milliseconds; undefined when the field is empty. */
export function waitField(form: Fields): number | undefined {
  const days = textField(form, 'wait');
  if (days === '') return undefined;
  const most = INVITATION_DAYS.most;
  if (!/^\d{1,3}$/.test(days) || Number(days) < 1 || Number(days) > most) {
    throw invalid(`An invitation can wait for one day to ${String(most)} days.`);
  }
  return Number(days) * DAY;
}

/** A day as date fields take it; empty without one. */
export function dayField(at: number | undefined): string {
  return at === undefined ? '' : new Date(at).toISOString().slice(0, 10);
}
