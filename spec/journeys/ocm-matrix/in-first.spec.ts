import { playMatrix } from './playing.js';

playMatrix('in', 'first');
