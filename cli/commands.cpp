#include "cli/commands.h"

#include "cli/analysis_commands.h"
#include "cli/check.h"
#include "cli/completion.h"
#include "cli/dump.h"
#include "cli/export.h"
#include "cli/findings.h"
#include "cli/import.h"
#include "cli/list.h"
#include "cli/merge.h"
#include "cli/predict.h"
#include "cli/reproduce.h"
#include "cli/run.h"
#include "cli/show.h"
#include "cli/speed.h"
#include "cli/status.h"
#include "cli/submit.h"
#include "cli/trace.h"
#include "cli/verify.h"

namespace rnnbench::cli {
namespace {

const std::string experiment_help = R"(
EXPERIMENT is an experiment file (FILE.ini) or the name of one in the catalogue, which 'rnnbench list
experiments' lists. Instead of a file, settings can describe the runs:
  --task adding --length 100 --cell lstm --hidden 64 --seed 1..3

--KEY VALUE sets an option of the task, the model or the training, and replaces the setting of the
file. 'rnnbench show TASK', 'rnnbench show CELL' and 'rnnbench show training' list the options. VALUE
can be a list (50,100) or a range (1..10, or 50..200..50 with a step). Every combination of the
values is a run.
)";

const std::string results_help = R"(
  --results DIR     folder of the records (default: results)
)";

const std::string jobs_help = R"(  --jobs N          number of runs at the same time (default: one per core)
  --threads N       threads of each run (default: 1); the results do not depend on it
)";

const std::string shard_help =
    R"(  --shard I/N       train one of N parts, which other processes or machines complete: every N-th run of
                    the grid, from run I on, and of a search every N-th trial of each rung; slurm: the
                    part of this task of a Slurm job array 1-N (docs/clusters.md)
)";

const std::string any_times_help =
    R"(  --any-times       decide comparisons of times although they were measured on a busy machine or on
                    different CPUs; otherwise these get no verdict
)";

const std::string oversubscribe_help =
    R"(  --oversubscribe   allow more jobs x threads than cores; the recorded times are then too long, and
                    comparisons of times do not use them
)";

const std::string recompute_help =
    R"(  --recompute K     store the states of every K-th step only and compute the others again in the
                    backward pass: memory for about K steps instead of all, about a third more time,
                    the same results (models with attention store all states)
)";

const std::string runs_help =
    R"(  --runs WHICH      of a study with a section [search]: tuned (the settings that the two searches
                    chose; the default, but for 'show'), untuned (those of the file) or trials
  --profile P       smoke, lab (default) or full, see 'rnnbench reproduce --help'
)";

const std::string family_help =
    R"(  --family FILES    the studies whose p-values are corrected together, separated by commas (default:
                    the catalogue if all named studies belong to it, otherwise the named ones)
)";

const std::string record_help = R"(
RUN is the id of a record, the beginning of an id, or the path of a record.
)";

const std::string list_usage = R"(rnnbench list [tasks|models|experiments] [--format text|json|markdown]

Lists the tasks, the models and the experiments of the catalogue, or only one of the three.

  --format FORMAT   text (default), json, or markdown (only for 'list models')
)";

const std::string show_usage = R"(rnnbench show TASK [--KEY VALUE ...] [--format text|json]
       rnnbench show CELL|training [--format text|json]
       rnnbench show EXPERIMENT [--KEY VALUE ...] [--runs tuned|untuned|trials]
                     [--profile smoke|lab|full] [--results DIR] [--format text|json]

For a task: its definition, its options, and its success criterion and its baseline, with the given
  options (--length 8) or with their defaults.
For a cell: its formula, its source, its number of parameters and the options of models that use it.
For 'training': the options of training and evaluation.
For an experiment: its models with hidden size and number of parameters, its number of runs, and of a
  study its claims and its search; with --runs tuned also the chosen settings, with --runs trials
  the trials instead.
)" + experiment_help + results_help +
                               runs_help;

const std::string run_usage =
    R"(rnnbench run EXPERIMENT [--KEY VALUE ...] [--results DIR] [--jobs N] [--threads N]
                    [--shard I/N] [--recompute K] [--dry-run] [--keep-going|--fail-fast]
                    [--no-weights] [--oversubscribe]

Trains every run of the experiment that has no record yet, and again every run whose record exists
but whose weights file is missing or damaged. Ctrl-C saves checkpoints; the same command then
continues.
)" + experiment_help +
    results_help + jobs_help + shard_help + recompute_help +
    R"(  --dry-run         list the runs and whether they are recorded, and train nothing
  --keep-going      after a run that failed, train the others (default)
  --fail-fast       after a run that failed, stop
  --no-weights      do not store the final weights beside each record, nor train again where they
                    are missing
)" + oversubscribe_help;

const std::string status_usage = R"(rnnbench status EXPERIMENT [--KEY VALUE ...] [--results DIR]
                       [--runs tuned|untuned|trials] [--profile smoke|lab|full]
                       [--format text|json]

Prints the state of every run: solved, finished (all updates done, task not solved) or diverged if
it has a record, interrupted if it has a checkpoint, otherwise missing. Then prints the command that
trains the rest, and how many recorded runs have no complete weights file. For a study whose search
is not finished, prints how many trials are recorded.
)" + experiment_help + results_help +
                                 runs_help;

const std::string table_usage =
    R"(rnnbench table EXPERIMENT [--KEY VALUE ...] [--results DIR]
                      [--runs tuned|untuned|trials] [--profile smoke|lab|full]
                      [--format text|csv|markdown|latex|json]

Prints, for every task and model: how many runs solved the task, the test scores (with test-length
also those at every length), the updates and the CPU seconds until the task was solved, the training
speed, the hidden size and the number of parameters.
)" + experiment_help +
    results_help + runs_help +
    R"(  --format FORMAT   text (default), csv, markdown, latex (packages array and booktabs) or json
)";

const std::string plot_usage =
    R"(rnnbench plot EXPERIMENT [--KEY VALUE ...] [--results DIR]
                     [--runs tuned|untuned|trials] [--profile smoke|lab|full]
                     [--measure M] [--models A,B,...]
                     [--paper column|page] [--format svg,pdf,png] [--out DIR]
       rnnbench plot findings [STUDY|STUDY/CLAIM ...] [--results DIR] [--family FILES]
                     [--paper column|page] [--format svg,pdf,png] [--out DIR]

Draws the figures into <results>/<experiment>/figures as .svg, .pdf and .png, each with its gnuplot
script and data. With --runs trials, draws the validation score of every trial against its learning rate.

'plot findings' draws the figures of the claims, each into the folder of its study.
)" + experiment_help +
    results_help + runs_help +
    R"(  --measure M       what the figures of scores show, as in 'rnnbench compare' (default: the score that
                    a task is judged by)
  --models A,B      only these models: cells, or labels of the result table
  --paper P         for a paper, with text of eight points: column (86 mm wide) or page (178 mm). The
                    names of the files end in -column or -page. Title and caption are not drawn but
                    written to a .tex file, which includes the .pdf
  --format F,...    which of svg, pdf and png to draw (default: all)
  --out DIR         write the figures here
)";

const std::string report_usage = R"(rnnbench report EXPERIMENT [--KEY VALUE ...] [--results DIR]
                       [--runs tuned|untuned] [--profile smoke|lab|full] [--family FILES]
       rnnbench report findings [STUDY ...] [--results DIR] [--profile smoke|lab|full]
                       [--family FILES] [--any-times]

Writes <results>/<experiment>/report.html, one file that contains all tables and figures, and beside
it the tables (table.txt, table.md, table.csv), the records as CSV (runs.csv, curves.csv) and the
figures.

'report findings' writes <results>/findings.html, the page of all claims of the catalogue or of the
named studies, with figures.
)" + experiment_help + results_help +
                                 runs_help + family_help;

const std::string compare_usage =
    R"(rnnbench compare EXPERIMENT --cell A,B [--measure M] [--KEY VALUE ...]
                        [--results DIR] [--runs tuned|untuned] [--profile smoke|lab|full]
                        [--format text|csv|markdown|latex|json]

Compares two models on every task by the differences between runs of the same seed. Such runs were
trained on the same sequences. Prints the pair of every seed and, from ten seeds on, a 95 %
confidence interval of the mean difference.
)" + experiment_help +
    results_help +
    R"(  --cell A,B        the two models: cells, or labels of the result table such as 'lstm, lstm +
                    additive attention'
  --measure M       what to compare, as in a claim (docs/add-a-finding.md lists all measures): loss,
                    'recall at 200', 'accuracy beyond', updates_to_solve, solved, ... (default: the
                    score that the task is judged by)
)" + runs_help +
    R"(  --format FORMAT   text (default, with every pair), json, or one row for each task as csv, markdown
                    or latex (packages array and booktabs)
)";

const std::string import_usage =
    R"(rnnbench import FILE.csv [--to EXPERIMENT] [--replace] [--results DIR]

Takes results of other programs, for example of PyTorch or JAX, into table, compare, plot and report,
where their models are marked [imported]. They are no records: nothing verifies them, 'status' does
not count them, and no verdict is based on them. They are stored in <results>/EXPERIMENT/imported.

The first line of the file names its columns:
  task              a task of the experiment as in its result table; without an experiment, any name
  model, seed       each task, model and seed once; seeds are whole numbers
  score             on test sequences; 'diverged' for a run that ended without a score
and, if wanted:
  measure           what the score is (default: the measure of the task; of a task that rnnbench does
                    not have: score)
  higher_is_better  true or false; required for a task that rnnbench does not have
  updates, seconds  of training, in elapsed time
  parameters        the number of parameters of the model

  --to EXPERIMENT   an experiment file, the name of one in the catalogue, or a name of your own for
                    results that stand alone (default: the name of the CSV file)
  --replace         replace the results of an earlier file with the same name, if they differ
  --results DIR     folder of the records (default: results)
)";

const std::string submit_usage =
    R"(rnnbench submit EXPERIMENT [--KEY VALUE ...] [--array N] [--jobs N] [--time T]
                       [--partition P] [--profile smoke|lab|full] [--results DIR] [--dry-run]

Writes scripts for Slurm to <results>/<experiment>/slurm and queues them with sbatch: a job array of
N tasks, each of which trains a shard of the runs, and a job that finishes. For a study: its protocol,
an array for each rung of the search, which waits for the one before, an array for the reported runs,
and the verdicts. Tasks that reach their time limit or are preempted save checkpoints, are queued
again and continue. 'rnnbench status' works meanwhile. docs/clusters.md explains it.
)" + experiment_help +
    R"(
  --array N         tasks of an array (default: 64, or the number of runs if there are fewer)
  --jobs N          runs at the same time in each task, one core for each (default: 1)
  --time T          time limit of a task: MINUTES, HOURS:MINUTES:SECONDS or DAYS-HOURS, more than two
                    minutes (default: that of the partition)
  --partition P     the partition (default: that of the cluster); other options of sbatch can be set by
                    its environment variables, such as SBATCH_ACCOUNT
  --profile P       of a study: smoke, lab (default) or full, see 'rnnbench reproduce --help'
  --results DIR     folder of the records, which all nodes see (default: results)
  --dry-run         print the scripts, and write and queue nothing
)";

const std::string merge_usage = R"(rnnbench merge DIR ... --into DIR

Adds the records, weights, trials, protocols and imported results of results folders to another one,
which is created if it does not exist: those of shards that did not share a folder, or of several
machines. What is there already with the same content is left as it is; what is there with another
content is kept and named; a damaged weights file, and imported results that could not stand beside
those that are there, are left out and named: the exit code is then 1. Good weights replace damaged
ones.
A merge that was interrupted is continued by repeating it.

  --into DIR        the results folder that gets them
)";

const std::string reproduce_usage =
    R"(rnnbench reproduce [STUDY ...] [--profile smoke|lab|full] [--jobs N] [--threads N]
                          [--shard I/N] [--results DIR] [--dry-run | --freeze]
                          [--family FILES] [--oversubscribe] [--any-times]

Trains all runs of published claims and prints the verdicts. STUDY is a study of the catalogue or a
file with a section [claim]; without one, all studies of the catalogue are run. For each study, the
declaration is frozen in <results>/STUDY/protocol.json; two independent searches choose settings for
every model; then every model is trained with the settings of either search and new seeds, and these
runs decide. Ctrl-C saves checkpoints; the same command then continues.

  --profile P       how large the runs are. smoke: a few seconds, to check that everything works; lab
                    (default): hours on a laptop for the whole catalogue; full: the sizes of the
                    publications
)" + jobs_help +
    shard_help +
    R"(  --results DIR     folder of the records (default: results)
  --dry-run         print how many trials and runs are missing and an upper bound of the core-minutes
                    that they take on this machine
  --freeze          only write protocol.json, so that it can be committed before the first run
)" + family_help +
    oversubscribe_help + any_times_help;

const std::string findings_usage =
    R"(rnnbench findings [NAME ...] [--profile lab|full] [--results DIR] [--family FILES]
                         [--format text|markdown|latex|json] [--any-times]

Prints the table of findings: every claim with its verdict and the comparison that decides it, after
search A and after search B. NAME is a study (all of its claims) or a claim, as STUDY/CLAIM; without
a name, the table has all claims of the catalogue. The verdicts are corrected for the number of
comparisons in the family. --format json contains every number, and the settings that were chosen.

  --profile P       lab (default) or full, see 'rnnbench reproduce --help'
  --results DIR     folder of the records (default: results)
  --format FORMAT   text (default), markdown, latex (packages array and booktabs) or json
)" + family_help +
    any_times_help;

const std::string check_usage = R"(rnnbench check [CELL ...] [--KEY VALUE ...] [--format text|json]

Compares the gradient of models with derivatives by the complex-step method in double precision. For
each block of parameters, the error is the largest difference relative to the largest derivative of
the block. The exit code is 1 if an error exceeds 1e-12.

Without settings, checks every cell (default: all) with two layers of four units, a learned initial
state and every loss: with the default options, and with every other value of each option, such as
each kind of attention. --KEY VALUE sets options of the network instead, as in
  rnnbench check lstm gru --layers 3 --direction bidirectional --dropout 0.2
VALUE can be a list or a range; every combination is checked. 'rnnbench show CELL' lists the options.
)";

const std::string verify_usage =
    R"(rnnbench verify RUN ... [--jobs N] [--threads N] [--recompute K] [--results DIR]
       rnnbench verify --sample N EXPERIMENT [--KEY VALUE ...] [--jobs N] [--threads N]
                       [--recompute K] [--results DIR]
       rnnbench verify --all DIR [--sample N] [--jobs N] [--threads N] [--recompute K]

Trains recorded runs again in a temporary folder and compares every number of the results. Prints
'identical', or the first difference and how the machine and the program differ from the recorded
ones. The exit code is 1 if a run differs or fails. RUN may also be the id of a trial of a search, of
which the scores and the hash of all results are compared.

With --all, the runs and trials of all experiments in a results folder are verified, or a sample of
them, and only those that differ are printed before the last line, which counts them.
)" + record_help +
    experiment_help + results_help +
    R"(  --all DIR         verify what is recorded in a results folder
  --sample N        choose N recorded runs of the experiment or folder, and trials of its searches,
                    spread over tasks and models, the same ones each time
)" + jobs_help +
    recompute_help;

const std::string trace_usage = R"(rnnbench trace RUN [--sample N] [--length L] [--results DIR]

Shows what a trained network does with one test sequence. Writes every gate, state, attention weight
and output of every step to <results>/<experiment>/traces/<id>.csv, draws them (.svg, .pdf, .png),
and prints the mean of each gate by kind of step.
)" + record_help + results_help +
                                R"(  --sample N        number of the test sequence, from 0 (default: 0)
  --length L        length of the sequence (default: the length that the run was trained at)
)";

const std::string dump_usage = R"(rnnbench dump --to FILE.safetensors [--KEY VALUE ...]

Writes one batch and what an untrained model computes from it, for comparison with other
implementations: inputs [time, batch, features], targets, mask, outputs, loss, every parameter under
the name that it has in files of weights (rnn.weight_ih_l0, as in PyTorch; gru-v1.weight_ih_l0 for a
cell that PyTorch does not have), and its gradient (grad.rnn.weight_ih_l0). Settings are those of
'rnnbench run', with one value each (default: an LSTM on copy).
)";

const std::string export_usage =
    R"(rnnbench export --task TASK --to FILE.safetensors [--count N] [--first K]
                       [--split training|test] [--KEY VALUE ...]

Writes sequences of a task, so that other programs train and are tested on exactly the same data:
inputs and targets, [sequences, time] if they are symbols and classes and [sequences, time, features]
if they are real; the mask, which is the weight of each step in the loss; and which steps are answers.
docs/use-the-results.md shows the layout and how to read it in Python.

  --count N         number of sequences (default: 1000; of the test of a file, all)
  --first K         number of the first one, from 0 (default: 0)
  --split S         training (default): update n of 'rnnbench run' trains on the sequences from
                    (n - 1) B to n B - 1, where B is the option --batch; or test
  --KEY VALUE       an option of the task; --seed, as of 'rnnbench run'; --batch and --training-set
)";

const std::string predict_usage =
    R"(rnnbench predict RUN --to FILE.safetensors [--count N] [--length L] [--results DIR]
       rnnbench predict RUN --to FILE.safetensors --from FILE.safetensors [--results DIR]

Writes what a trained network computes: for each sequence and time step its outputs, which are logits
or, with a squared error as the loss, values; beside them the sequences, as 'rnnbench export' does.
Prints the loss and the accuracy.
)" + record_help +
    R"(  --count N         the first N test sequences of the run, as 'export' writes them (default: all that
                    its test scores are of)
  --length L        length of the test sequences (default: the length that the run was trained at)
  --from FILE       these sequences instead: a file as 'rnnbench export' writes it, of which only
                    'inputs' is needed
)" + results_help.substr(1);

const std::string speed_usage =
    R"(rnnbench speed [EXPERIMENT] [--KEY VALUE ...] [--time-steps N] [--threads N]
                      [--recompute K] [--repetitions N] [--format text|json]

Measures the wall time of a training update (forward pass, loss, backward pass, clipping, optimizer)
and of the forward pass alone, as medians over repetitions. Relates the update to the largest number
of multiply-adds per second that this machine reached in the same measurement. Default: every cell
on copy.
)" + experiment_help +
    R"(
  --time-steps N    number of time steps of a sequence, in place of the task's own --length
  --threads N       threads of an update (default: 1)
)" + recompute_help +
    R"(  --repetitions N   number of repetitions, interleaved over all models (default: 9)
)";

const std::string completion_usage = R"~(rnnbench completion bash|zsh

Prints a script that completes commands, options, tasks, cells, experiments and values. For bash, add
this line to ~/.bashrc; for zsh, the same with zsh to ~/.zshrc, behind compinit:
  eval "$(rnnbench completion bash)"
The Debian package installs both.
)~";

const std::string man_usage = R"(rnnbench man

Prints the manual page, for 'rnnbench man | man -l -'. The Debian package installs it.
)";

}  // namespace

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
      {"list", "list the tasks, models and experiments", list_usage, list_command},
      {"show", "explain a task, a cell, the options of training or an experiment", show_usage, show_command},
      {"run", "train the runs of an experiment that have no record yet", run_usage, run_command, true},
      {"status", "print which runs are recorded, interrupted or missing", status_usage, status_command},
      {"table", "print the results for every task and model", table_usage, table_command},
      {"plot", "draw the figures of an experiment", plot_usage, plot_command},
      {"report", "write the report of an experiment, or the page of all findings", report_usage, report_command},
      {"compare", "compare two models by differences between runs of the same seed", compare_usage, compare_command},
      {"import", "take results of other programs into tables, figures and comparisons", import_usage, import_command},
      {"submit", "queue an experiment or a study on a cluster, with Slurm", submit_usage, submit_command},
      {"merge", "join the results folders of several machines", merge_usage, merge_command, true},
      {"reproduce", "train the runs of published claims and print the verdicts", reproduce_usage, reproduce_command,
       true},
      {"findings", "print the table of findings: published claims and their verdicts", findings_usage,
       findings_command},
      {"check", "compare the gradients of models with complex-step derivatives", check_usage, check_command},
      {"verify", "train recorded runs again and compare every number", verify_usage, verify_command, true},
      {"trace", "show gates, states and attention of a trained run on one sequence", trace_usage, trace_command},
      {"predict", "write the outputs of a trained network", predict_usage, predict_command},
      {"export", "write sequences of a task for other programs", export_usage, export_command},
      {"dump", "write a batch with outputs, loss and gradients for other programs", dump_usage, dump_command},
      {"speed", "measure the time of a training update", speed_usage, speed_command},
      {"completion", "print what bash or zsh needs to complete commands", completion_usage, completion_command},
      {"man", "print the manual page", man_usage, man_command},
  };
  return commands;
}

}  // namespace rnnbench::cli
