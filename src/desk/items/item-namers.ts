/** Where the desk names items of other clouds: their ids must stay (ruling F-67). */
export const ITEM_NAMERS = [
  { table: 'comment_threads', column: 'item_id' },
  { table: 'locks', column: 'item_id' },
] as const;
