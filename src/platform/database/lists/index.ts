export { beginsWith } from './beginning.js';
export { countSome, MOST_COUNTED } from './counting.js';
export {
  cutPage,
  eachPage,
  pageOf,
  readRows,
  viewedAs,
  type ListKey,
  type ListOrder,
  type ListPage,
  type PageWish,
  type ReadRow,
} from './keyset.js';
