//! Help: examples and where to go on, below each command's options.

pub(crate) const TOP: &str = "\
Start here:
  shotengai dev                the whole street on this machine (`make run` builds it first)
  shotengai status --local     whether it is well
  shotengai smoke --local      buy something, wait until it is paid
  shotengai serve --help       every setting

Documents: README.md and docs/README.md. Exit codes: 0 done, 1 a check failed, 2 it could not be done.";

pub(crate) const SERVE: &str = "\
Examples:
  shotengai serve all                            every role in this process
  shotengai serve order,inventory                two of them
  HTTP_ADDR=0.0.0.0:8081 shotengai serve query   every flag has an environment variable of the same name

What is wrong with the settings is said at start, all of it, one line each. `shotengai describe` lists them with their ranges.
Beside `shotengai dev --infra-only` a process needs what that prints.";

#[cfg(feature = "dev")]
pub(crate) const DEV: &str = "\
Examples:
  shotengai dev                                       open the street; Ctrl-C closes it
  shotengai dev --http-port 8081 --log info           on another port, with a line for each request
  shotengai dev --cors-allowed-origins http://localhost:5173    let a front end on another port in
  shotengai dev --infra-only                          local AWS, PostgreSQL and inbox; run roles yourself
  shotengai status --local                            in another terminal: --local finds the street whatever its ports are";

pub(crate) const PROVISION: &str = "\
Examples:
  shotengai provision --local                     in the street that is open here
  AWS_PROFILE=shop shotengai provision            in an AWS account
  shotengai provision --check --local             list what is there; exit code 1 when something is missing
  shotengai provision --emit cloudformation --publish cdc
  shotengai provision --emit terraform --trust irsa --resource-prefix blue-
  shotengai provision --emit values --outputs stack.json

--emit asks nobody and needs no credentials. It prints what `provision` would make, and what belongs to that in an account of your
own: a key, alarms, and an IAM role for each service with the rights that it uses.";

pub(crate) const SEED: &str = "\
Examples:
  shotengai seed --local
  ADMIN_PASSWORD=… shotengai seed --url https://shop.example --admin-email admin@shop.example";

pub(crate) const SMOKE: &str = "\
Examples:
  shotengai smoke --local
  shotengai smoke --url https://shop.example --product prod_kinoko --within-seconds 30";

pub(crate) const STATUS: &str = "\
Examples:
  shotengai status --local                              all at a glance: services, commits, shards, queues, dead letters
  shotengai status kinesis --local                      shards, who reads them and how far behind; queues
  shotengai status dynamodb --local --output json       commits, and those not yet in the stream
  shotengai status --leases kubernetes --lease-namespace shotengai --health-url http://127.0.0.1:9090

It writes nothing and receives no message: a receive would count as an attempt. So how old a queue's oldest message is, only
CloudWatch says (ApproximateAgeOfOldestMessage).";

pub(crate) const DEAD_LETTERS: &str = "\
Examples:
  shotengai dead-letters list --local
  shotengai dead-letters show order-dlq --limit 5 --bodies --local
  shotengai dead-letters redrive order-dlq --reason exhausted --dry-run --local

docs/dead-letters.md explains every reason, and what to do about it.";

pub(crate) const LIST: &str = "\
Examples:
  shotengai dead-letters list --local
  shotengai dead-letters list --queue order-dlq --queue bridge-dlq --sample 500 --output json";

pub(crate) const SHOW: &str = "\
Example:
  shotengai dead-letters show order-dlq --limit 5 --bodies --local";

pub(crate) const REDRIVE: &str = "\
Examples:
  shotengai dead-letters redrive order-dlq --reason exhausted --dry-run --local
  shotengai dead-letters redrive order-dlq --reason exhausted --pace 20/s --local
  shotengai dead-letters redrive billing-dlq --event-type OrderPlaced --older-than 10m --limit 100
  shotengai dead-letters redrive billing-dlq --reason exhausted --wait 60s --local

It may be interrupted and repeated: it loses nothing, and what comes twice is harmless. With --wait it tells what their consumer
made of the letters: handled, ignored and why, a dead letter again, or still waiting. Exit code 1: some stayed, each is named; or
with --wait, some are dead letters again or still waiting.";

pub(crate) const DISCARD: &str = "\
Examples:
  shotengai dead-letters discard order-dlq --reason not_json --dry-run --local
  shotengai dead-letters discard order-dlq --message-id ID --yes --local";

pub(crate) const PRICES_PUT: &str = "\
Examples:
  shotengai prices put prod_kinoko 210 --local
  shotengai prices put --file prices.txt --local         lines with a product and a price, such as: prod_kinoko 210
  AWS_PROFILE=shop shotengai prices put --file -          the same from the standard input

The latest price of a product wins. docs/prices.md has the form of a record, and what becomes of one that is no price.";

pub(crate) const REBUILD: &str = "\
Examples:
  shotengai rebuild read-models --check --local          write nothing; exit code 1 when a row differs from its events
  shotengai rebuild read-models --only orders --local
  DATABASE_URL=postgres://… AWS_PROFILE=shop shotengai rebuild read-models";

pub(crate) const PROJECTIONS_REBUILD: &str = "\
Examples:
  shotengai projections rebuild --local                  safe to interrupt: the next time it goes on where it was
  shotengai projections rebuild --anew --local
  DATABASE_URL=postgres://… AWS_PROFILE=shop shotengai projections rebuild

Reads and events go on meanwhile; events are written to both sets. Exit code 1: something could not be folded; each is named.";

pub(crate) const PROJECTIONS_STATUS: &str = "\
Examples:
  shotengai projections status --local
  shotengai projections status --json --local";

pub(crate) const PROJECTIONS_DIFF: &str = "\
Examples:
  shotengai projections diff --local                     exit code 1 when rows differ
  shotengai projections diff --json --local

Values are shown of columns that hold nothing of a person; of the others their names.";

pub(crate) const PROJECTIONS_SWITCH: &str = "\
Examples:
  shotengai projections switch --local                   only when no row differs
  shotengai projections switch --accept-differences --local

No read fails meanwhile. The other set is kept, and written, until `drop` or the next `rebuild`.";

pub(crate) const PROJECTIONS_ROLLBACK: &str = "\
Example:
  shotengai projections rollback --local";

pub(crate) const PROJECTIONS_DROP: &str = "\
Example:
  shotengai projections drop --yes --local";

pub(crate) const REPUBLISH: &str = "\
Consumers take what comes twice for what it is. Exit code 1: the stream did not take all; repeat it.

Examples:
  shotengai republish --from 2026-01-01T09:00:00+09:00 --to 2026-01-01T10:30:00+09:00 --dry-run --local
  AWS_PROFILE=shop shotengai republish --from 2026-01-01T00:00:00Z --owner order,billing
  shotengai republish --from 2026-01-01T00:00:00Z --per-second 2000 --local";

pub(crate) const ADVICE: &str = "\
Two looks at the stream of events. It writes nothing. Exit code 1: it should have another number of shards.

Examples:
  shotengai stream advice --local
  shotengai stream advice --watch 60 --health-url http://shotengai-metrics:9090 --output json    (in a pod: all pods of the chart)";

pub(crate) const RESHARD: &str = "\
Nothing stops meanwhile: bridges read a closed shard to its end before those that follow it. AWS doubles or halves the number at
the most with each request, takes minutes for one, and ten in 24 hours; what is broken off goes on where it was.

Examples:
  shotengai stream reshard --shards 4 --dry-run --local
  AWS_PROFILE=shop shotengai stream reshard --shards 8
  AWS_PROFILE=shop shotengai stream reshard --shards 2 --stream prices";

pub(crate) const JOURNEY: &str = "\
Reads the events and mails of order, inventory, billing and notification where they are kept, and writes nothing.

Examples:
  shotengai order journey ord_019acb5c36b4700088f1a1f7d7f2b0c4 --local
  AWS_PROFILE=shop shotengai order journey ord_019acb5c36b4700088f1a1f7d7f2b0c4 --output json";

pub(crate) const RECEIPT: &str = "\
Asks the running street as its administrator: receipts are kept in the memory of its processes (RECEIPT_ORDERS) and end with them.

Examples:
  shotengai order receipt ord_019acb5c36b4700088f1a1f7d7f2b0c4 --local
  shotengai order receipt ord_019acb5c36b4700088f1a1f7d7f2b0c4 --region us-east-1 --output json
  ADMIN_EMAIL=me@shop.example ADMIN_PASSWORD=… shotengai order receipt ord_019acb5c36b4700088f1a1f7d7f2b0c4 --url https://shop.example";

pub(crate) const EXPLAIN: &str = "\
Asks the role `ops` of the running street as its administrator. Each cause comes with how sure it is, since when, and a command: that
looks, or is safe to repeat, or says with --dry-run what it would do. Exit codes: 0 explained, also where nothing is awaited; 1 no such
order; 2 it could not be asked.

Examples:
  shotengai order explain ord_019acb5c36b4700088f1a1f7d7f2b0c4 --local
  shotengai order explain ord_019acb5c36b4700088f1a1f7d7f2b0c4 --output json | jq -r '.awaited[].causes[0].command'
  ADMIN_EMAIL=me@shop.example ADMIN_PASSWORD=… shotengai order explain ord_019acb5c36b4700088f1a1f7d7f2b0c4 --url https://shop.example";

pub(crate) const DESCRIBE: &str = "\
Examples:
  shotengai describe                      for people
  shotengai describe --output json        for programs; docs/describe.json is kept equal to it";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  source <(shotengai completions bash)
  shotengai completions zsh > ~/.zfunc/_shotengai
  shotengai completions fish > ~/.config/fish/completions/shotengai.fish";

#[cfg(all(test, feature = "dev"))]
mod tests {
    use clap::{Command, CommandFactory};

    use crate::cli::Cli;

    fn commands(command: &Command, above: &str, found: &mut Vec<(String, Command)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let name = format!("{above} {}", sub.get_name());
            commands(sub, &name, found);
            found.push((name, sub.clone()));
        }
    }

    #[test]
    fn every_command_has_an_example_that_it_understands() {
        let mut cli = Cli::command();
        cli.build();
        let mut found = Vec::new();
        commands(&cli, "shotengai", &mut found);
        assert!(found.len() > 12, "{found:?}");
        for (name, command) in found {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            if command.get_arguments().count() == 1 && help.is_empty() {
                continue; // Nothing but --help.
            }
            let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  ")).collect();
            assert!(!examples.is_empty(), "{name} has no example");
            // One command after the other is each by itself.
            for example in examples.iter().flat_map(|example| example.split(" && ")) {
                assert!(example.contains("shotengai "), "{name}: {example}");
                let (_, words) = example.split_once("shotengai ").unwrap();
                // Behind two blanks or more it says what the example is for.
                let words = words.split("  ").next().unwrap().trim_end_matches(')');
                let words: Vec<_> = words.split_whitespace().take_while(|word| ![">", "|"].contains(word)).collect();
                let parsed =
                    Cli::command().try_get_matches_from(std::iter::once("shotengai").chain(words.iter().copied()));
                let fault = parsed.err().filter(clap::Error::use_stderr);
                assert!(fault.is_none(), "{name}: {words:?}: {}", fault.unwrap());
            }
        }
    }

    #[test]
    fn options_stand_one_below_the_other_without_blank_lines() {
        for name in ["dev", "serve", "status", "provision"] {
            let help = Cli::command().try_get_matches_from(["shotengai", name, "--help"]).unwrap_err().to_string();
            let options: Vec<_> = help.lines().skip_while(|line| !line.starts_with("Options")).collect();
            let blank = options.windows(2).filter(|pair| pair[0].is_empty() && pair[1].starts_with("      --")).count();
            assert_eq!(blank, 0, "{name}: {help}");
        }
    }
}

pub(crate) const ARCHIVE: &str = "\
Examples:
  shotengai archive verify --local
  shotengai archive restore --local

The archive is written by the role `archiver`, where ARCHIVE=on. docs/operations.md tells how a shop is brought back from it.";

pub(crate) const ARCHIVE_VERIFY: &str = "\
Examples:
  shotengai archive verify --local
  shotengai archive verify --grace-seconds 0 --output json     nothing is being written: every event counts

It reads all objects and all commits, and writes nothing. Events that stand in the archive more than once are counted and
harmless. Exit code 1: something is wrong, and named.";

pub(crate) const ARCHIVE_RESTORE: &str = "\
Examples:
  shotengai archive restore --local
  shotengai archive restore --despite-damage --folder /var/tmp

Behind `shotengai provision`, and before `shotengai rebuild read-models`.
Into event stores without events only, while no role runs. Nothing that is brought back is sent to anybody again. What was
interrupted goes on when it is called again. An archive that is not whole is refused before anything is written.
Exit code 1: it is not whole; what was brought back all the same is a part.";
