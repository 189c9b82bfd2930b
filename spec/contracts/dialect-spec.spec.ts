import { describeDialect } from './dialect.js';

describeDialect('spec');
