export { sendMultistatus, sendXml } from './writer.js';
