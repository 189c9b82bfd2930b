import { filesEverywhere } from './suite.js';

filesEverywhere('a folder received by Open Cloud Mesh');
