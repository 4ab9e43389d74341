import { fileURLToPath } from 'node:url';
import { Option, type Command } from 'commander';
import { defaultModel, findMistake, httpUrl, learningRate, localModels, rank, seed, steps, type QuickstartOptions } from './options.js';

const shippedText = fileURLToPath(new URL('../../../assets/alice-in-wonderland.txt', import.meta.url));

/** Adds `quickstart` to the command line. */
export function addQuickstart(program: Command): void {
  const command = program.command('quickstart');
  command
    .description('train, save, crash, resume: shows that a resumed run continues exactly where it was saved')
    .option('--model <name>', `base model: ${localModels.join(', ')} (default: ${defaultModel}), or any of the server at --url`)
    .option('--steps <count>', 'optimizer steps of a whole run', steps, 80)
    .option('--rank <rank>', 'LoRA rank', rank, 8)
    .option('--seed <seed>', 'seed of the adapter and of the data order', seed, 1)
    .option('--learning-rate <rate>', "Adam's learning rate", learningRate, 0.006)
    .option('--text <file>', 'text to train on, as bytes', shippedText)
    .option('--out <directory>', 'where the chart and the server data go', 'quickstart-out')
    .option('--url <address>', 'use this server instead of a local one; only the trainer is killed then', httpUrl)
    .addOption(new Option('--api-key <key>', 'API key of the server at --url').env('TINKER_API_KEY'))
    .option('--json', 'print one JSON document and nothing else', false)
    .action(async (options: QuickstartOptions) => {
      const keyWithoutUrl = options.url === undefined && command.getOptionValueSource('apiKey') === 'cli';
      const mistake = keyWithoutUrl ? '--api-key belongs to the server at --url, and there is no --url.' : await findMistake(options);
      if (mistake !== undefined) command.error(`error: ${mistake}`);
      // Loaded only now: the other commands need neither charts nor the client.
      const { runQuickstart } = await import('./quickstart.js');
      process.exitCode = await runQuickstart(options);
    });
}
