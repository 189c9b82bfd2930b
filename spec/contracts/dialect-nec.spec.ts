import { describeDialect } from './dialect.js';

describeDialect('nec');
