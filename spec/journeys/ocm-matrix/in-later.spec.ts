import { playMatrix } from './playing.js';

playMatrix('in', 'later');
