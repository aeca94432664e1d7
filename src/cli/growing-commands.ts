import { type Command, Option } from 'commander';
import type { Layer } from '../config/layer.ts';
import { RECHECK_OPTIONS } from './command-options.ts';
import type { ColumnsFlags } from './commands/growing/columns.ts';
import type { MergeFlags } from './commands/growing/merge.ts';
import type { RecheckFlags } from './commands/growing/recheck.ts';
import type { RemoveFlags } from './commands/growing/remove.ts';
import { addFlags, flagsLayer } from './flags.ts';

/** What the commands for finished datasets do. */
export interface GrowingActions {
  readonly merge: (
    output: string,
    sources: readonly string[],
    own: MergeFlags,
    flags: Layer,
  ) => Promise<void>;
  readonly columns: (output: string, own: ColumnsFlags, flags: Layer) => Promise<void>;
  readonly attribution: (output: string, flags: Layer) => Promise<void>;
  readonly recheck: (output: string, own: RecheckFlags, flags: Layer) => Promise<void>;
  readonly remove: (output: string, own: RemoveFlags, flags: Layer) => Promise<void>;
}

/** Adds the commands that change finished datasets without a download of images, under this heading. */
export function addGrowingCommands(program: Command, actions: GrowingActions, heading: string): void {
  const merge = program
    .command('merge')
    .helpGroup(heading)
    .description('Make one dataset of several, without a download')
    .argument('<output>', 'new folder for the merged dataset')
    .argument('<datasets...>', 'folders of finished datasets of one format')
    .addOption(
      new Option('--renumber', 'Number all samples anew, also those that rows have named').helpGroup('Keys:'),
    )
    .action(async (output: string, sources: string[], own: MergeFlags, command: Command) =>
      actions.merge(output, sources, own, flagsLayer(command)),
    );
  addFlags(merge, ['quiet', 'json']);

  const columns = program
    .command('columns')
    .helpGroup(heading)
    .description('Add or remove columns of a finished dataset, without a download')
    .argument('<output>', 'folder of the dataset')
    .addOption(new Option('--add <cols>', 'Columns of the table to add: score,lang').helpGroup('Columns:'))
    .addOption(new Option('--from <table...>', 'Files with these columns').helpGroup('Columns:'))
    .addOption(new Option('--on <col>', 'Column that both have [key, or else the URL]').helpGroup('Columns:'))
    .addOption(new Option('--drop <cols>', 'Columns of the index to remove').helpGroup('Columns:'))
    .action(async (output: string, own: ColumnsFlags, command: Command) =>
      actions.columns(output, own, flagsLayer(command)),
    );
  addFlags(columns, [
    'inputFormat',
    'header',
    'delimiter',
    'encoding',
    'records',
    'scratch',
    'quiet',
    'json',
  ]);

  const attribution = program
    .command('attribution')
    .helpGroup(heading)
    .description('List who made the images, and their licences')
    .argument('<output>', 'folder of the dataset')
    .action(async (output: string, _options, command: Command) =>
      actions.attribution(output, flagsLayer(command)),
    );
  addFlags(attribution, ['quiet', 'json']);

  const recheck = program
    .command('recheck')
    .helpGroup(heading)
    .description('Ask the owners of the images again; list those who have since said no')
    .argument('<output>', 'folder of the dataset')
    .addOption(new Option('--remove', 'Take the samples of these owners out').helpGroup('Rows:'))
    .action(async (output: string, own: RecheckFlags, command: Command) =>
      actions.recheck(output, own, flagsLayer(command)),
    );
  addFlags(recheck, RECHECK_OPTIONS);

  const remove = program
    .command('remove')
    .helpGroup(heading)
    .description('Take samples out, on request; their rows stay with the reason')
    .argument('<output>', 'folder of the dataset')
    .addOption(
      new Option('--urls <file...>', 'URLs, hosts, domains and digests, as --deny-list').helpGroup('Rows:'),
    )
    .action(async (output: string, own: RemoveFlags, command: Command) =>
      actions.remove(output, own, flagsLayer(command)),
    );
  addFlags(remove, ['scratch', 'quiet', 'json']);
}
