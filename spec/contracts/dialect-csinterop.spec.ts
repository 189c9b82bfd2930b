import { describeDialect } from './dialect.js';

describeDialect('csinterop');
