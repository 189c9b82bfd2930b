export { createDeskDoor, deskRows } from './routes.js';
export type { DeskInputs } from './ports.js';
