import type { Response } from 'express';
import { sendJson as sendJsonAs, sendJsonList } from '../door/json.js';

/** Answers 200 with JSON. */
export function sendJson(response: Response, body: unknown): void {
  sendJsonAs(response, 200, body);
}

/** Answers an array as its elements arrive. */
export async function sendArray(
  response: Response,
  elements: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  await sendJsonList(response, { head: '[', elements, tell: (element) => element, tail: ']' }, { signal });
}
