import { playMatrix } from './playing.js';

playMatrix('out', 'later');
