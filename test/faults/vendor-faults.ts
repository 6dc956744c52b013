import { VENDOR_COLUMNS } from './columns.ts';
import { playColumns } from './matrix.ts';

playColumns(VENDOR_COLUMNS);
