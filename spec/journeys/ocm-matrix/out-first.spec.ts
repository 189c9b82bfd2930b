import { playMatrix } from './playing.js';

playMatrix('out', 'first');
