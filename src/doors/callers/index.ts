export { noteRefused, type NotedRefusals } from './refused-messages.js';
