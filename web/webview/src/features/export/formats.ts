/** Layouts of exported files: the same for files that are taken here and for those that go to a server. */
import type { FileFormat } from '../../api/types.js';
import { t } from '../../i18n/index.js';

const EXTENSION: Readonly<Record<FileFormat, string>> = { csv_wide: 'csv', csv_long: 'csv', jsonl: 'jsonl', csv_standard: 'csv', csv_ems: 'csv', parquet: 'parquet', influx: 'lp' };
/** In the order in which they are offered. */
export const FORMATS = Object.keys(EXTENSION) as FileFormat[];

export const extensionOf = (format: FileFormat): string => EXTENSION[format];
/** Whether the layout leaves it open how numbers are written. */
export const leavesDecimals = (format: FileFormat): boolean => format === 'csv_wide' || format === 'csv_long' || format === 'csv_ems';
/** Which times its rows have. */
export const timesOf = (format: FileFormat): 'both' | 'site' | 'utc' => (format === 'csv_standard' ? 'site' : format === 'csv_ems' || format === 'parquet' || format === 'influx' ? 'utc' : 'both');
export const formatName = (format: FileFormat): string => t(`export.format.${format}`);
