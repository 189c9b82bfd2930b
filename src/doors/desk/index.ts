export { createDeskDoor, deskRows } from './routes.js';
