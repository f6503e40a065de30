//! The local servers of a street.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use shotengai_inbox::{Inbox, InboxConfig, InboxStore};
use shotengai_street::{
    Child, ChildSpec, MiniStack, MiniStackConfig, Postgres, PostgresConfig, StopSignal, locate_venv,
};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cli::DevArgs;
use crate::dev::screen::Screen;
use crate::street::STATE;

const DATABASE: &str = "shotengai";
type InboxTask = JoinHandle<Result<(), shotengai_inbox::InboxError>>;

/// Who takes the mail.
enum Mail {
    /// Mailpit, where it is installed.
    Mailpit(Box<Mutex<Child>>),
    /// The built-in inbox.
    BuiltIn { task: Mutex<InboxTask>, store: InboxStore, shutdown: CancellationToken },
}

/// The running servers.
pub(crate) struct Infra {
    aws_url: String,
    database_url: String,
    aws: Mutex<MiniStack>,
    postgres: Mutex<Postgres>,
    mail: Mail,
}

impl Infra {
    /// Starts all of them at the same time. When one can't start, the others have ended with the error.
    pub(crate) async fn start(args: &DevArgs, screen: &Screen) -> anyhow::Result<Self> {
        let state = PathBuf::from(STATE);
        let venv = locate_venv(Path::new("."))?;
        let aws_step = screen.step("local AWS");
        let postgres_step = screen.step("PostgreSQL");
        let aws = MiniStackConfig { venv: venv.clone(), state_dir: state.join("aws"), port: args.aws_port };
        let postgres =
            PostgresConfig { venv: venv.clone(), data_dir: state.join("postgres"), port: args.postgres_port };
        let started = tokio::join!(
            async {
                let aws = MiniStack::start(&aws).await?;
                aws_step.done(&format!("MiniStack on :{}", aws.port()));
                anyhow::Ok(aws)
            },
            async {
                let postgres = Postgres::start(&postgres).await?;
                postgres.recreate_database(DATABASE).await?;
                postgres_step.done(&format!("on :{}", postgres.port()));
                anyhow::Ok(postgres)
            },
            Mail::start(args, screen, venv.clone(), &state),
        );
        let (aws, postgres, mail) = match started {
            (Ok(aws), Ok(postgres), Ok(mail)) => (aws, postgres, mail),
            (aws, postgres, mail) => return Err(give_up(aws, postgres, mail).await),
        };
        Ok(Self {
            aws_url: aws.endpoint_url(),
            database_url: postgres.url(DATABASE),
            aws: Mutex::new(aws),
            postgres: Mutex::new(postgres),
            mail,
        })
    }

    pub(crate) fn aws_url(&self) -> String {
        self.aws_url.clone()
    }

    pub(crate) fn database_url(&self) -> String {
        self.database_url.clone()
    }

    /// What the built-in inbox holds; none where Mailpit takes the mail.
    pub(crate) fn inbox(&self) -> Option<InboxStore> {
        match &self.mail {
            Mail::Mailpit(_) => None,
            Mail::BuiltIn { store, .. } => Some(store.clone()),
        }
    }

    /// Waits until one of the servers ends by itself, and says which.
    pub(crate) async fn first_end(&self) -> anyhow::Result<()> {
        let (mut aws, mut postgres) = (self.aws.lock().await, self.postgres.lock().await);
        tokio::select! {
            status = aws.wait() => anyhow::bail!("the local AWS ended ({}); see {STATE}/aws", status?),
            status = postgres.wait() => anyhow::bail!("PostgreSQL ended ({}); see {STATE}/postgres", status?),
            ended = self.mail.end() => ended,
        }
    }

    /// Ends them in order.
    pub(crate) async fn stop(self, screen: &Screen) {
        let (aws, postgres) = (self.aws.into_inner(), self.postgres.into_inner());
        let ended = tokio::join!(self.mail.stop(), postgres.stop(), aws.stop());
        for error in [ended.0.err(), ended.1.err().map(Into::into), ended.2.err().map(Into::into)].into_iter().flatten()
        {
            let error: anyhow::Error = error;
            tracing::warn!(%error, "a local server did not end well");
        }
        screen.closed();
    }
}

impl Mail {
    async fn start(args: &DevArgs, screen: &Screen, venv: PathBuf, state: &Path) -> anyhow::Result<Self> {
        let step = screen.step("inbox");
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (smtp, http) = (address(args.smtp_port), address(args.inbox_port));
        if let Some(program) = on_path("mailpit") {
            let flags = ["--smtp".to_owned(), smtp.to_string(), "--listen".to_owned(), http.to_string()];
            let child = Child::spawn(ChildSpec {
                venv,
                name: "mailpit".to_owned(),
                program,
                args: flags.into_iter().map(Into::into).collect(),
                // Its own page would ask the internet whether there is a newer one.
                env: vec![("MP_DISABLE_VERSION_CHECK".into(), "true".into())],
                log_file: state.join("mailpit.log"),
                stop_signal: StopSignal::Terminate,
                grace: Duration::from_secs(3),
            })
            .await?;
            step.done(&format!("Mailpit on :{}", args.inbox_port));
            return Ok(Self::Mailpit(Box::new(Mutex::new(child))));
        }
        let inbox = Inbox::bind(InboxConfig { smtp, http, shown_by: pages(args), ..InboxConfig::default() })?;
        let (store, shutdown) = (inbox.store(), CancellationToken::new());
        let task = tokio::spawn(inbox.run(shutdown.clone()));
        step.done(&format!("built-in on :{}", args.inbox_port));
        Ok(Self::BuiltIn { task: Mutex::new(task), store, shutdown })
    }

    async fn end(&self) -> anyhow::Result<()> {
        match self {
            Self::Mailpit(child) => {
                let status = child.lock().await.wait().await?;
                anyhow::bail!("Mailpit ended ({status}); see {STATE}/mailpit.log")
            }
            Self::BuiltIn { task, .. } => {
                (&mut *task.lock().await).await??;
                anyhow::bail!("the inbox ended")
            }
        }
    }

    async fn stop(self) -> anyhow::Result<()> {
        match self {
            Self::Mailpit(child) => {
                child.into_inner().stop().await?;
            }
            Self::BuiltIn { task, shutdown, .. } => {
                let task = task.into_inner();
                // One that ended by itself has been asked already.
                if !task.is_finished() {
                    shutdown.cancel();
                    task.await??;
                }
            }
        }
        Ok(())
    }
}

/// Origins of the street's own pages, by all names that the door allows.
fn pages(args: &DevArgs) -> Vec<String> {
    // Browsers leave the port of HTTP away, and policies for pages have no word for addresses in brackets.
    let port = if args.http_port == 80 { String::new() } else { format!(":{}", args.http_port) };
    let own = ["127.0.0.1", "localhost", "shop.localhost"];
    own.into_iter()
        .chain(args.allowed_hosts.names().iter().map(String::as_str))
        .map(|host| format!("http://{host}{port}"))
        .collect()
}

/// Ends what did start; the errors of what did not, as one.
async fn give_up(
    aws: anyhow::Result<MiniStack>,
    postgres: anyhow::Result<Postgres>,
    mail: anyhow::Result<Mail>,
) -> anyhow::Error {
    let (aws, postgres, mail) = tokio::join!(
        async {
            match aws {
                Ok(aws) => aws.stop().await.map_err(Into::into),
                Err(error) => Err(error),
            }
        },
        async {
            match postgres {
                Ok(postgres) => postgres.stop().await.map_err(Into::into),
                Err(error) => Err(error),
            }
        },
        async {
            match mail {
                Ok(mail) => mail.stop().await,
                Err(error) => Err(error),
            }
        },
    );
    let errors: Vec<_> = [aws, postgres, mail].into_iter().filter_map(Result::err).map(|e| format!("{e:#}")).collect();
    anyhow::anyhow!(errors.join("; "))
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Waits until `/readyz` says yes; an error names what is missing.
pub(crate) async fn until_ready(health_port: u16) -> anyhow::Result<String> {
    let client = shotengai_runtime::direct_http().timeout(Duration::from_secs(2)).build()?;
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = client.get(format!("http://127.0.0.1:{health_port}/readyz")).send().await;
        let seen = match answer {
            Ok(answer) if answer.status().is_success() => return Ok("all ready".to_owned()),
            Ok(answer) => answer.json::<Value>().await.map_or_else(|error| error.to_string(), |body| body.to_string()),
            Err(error) => error.to_string(),
        };
        anyhow::ensure!(Instant::now() < deadline, "the roles are not ready after 60 s: {seen}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
