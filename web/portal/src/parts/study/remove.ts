/** Asks before an object goes, where others go with it. */
export type Remove = (list: 'values' | 'events' | 'pairs' | 'parties' | 'strategic', id: string, name: string) => void;
