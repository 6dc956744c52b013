import { DISASTER_COLUMNS } from './columns.ts';
import { playColumns } from './matrix.ts';

playColumns(DISASTER_COLUMNS);
