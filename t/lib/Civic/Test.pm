package Civic::Test;

# What a file of t/http begins with:
#
#     use lib 't/lib';
#     use Civic::Test;
#
#     my $civic = civic(plugins => ['login'], people => 2);
#     my $answer = $civic->client->get('/login/session');
#     is_problem($answer, 401, 'unauthorized', 'no token');
#     finish();
#
# Brings Test::More, strict, warnings and utf8.  CIVIC_REDIS=single|cluster
# picks the store (a Cluster's slots move while the file runs), CIVIC_ASAN=1
# the build with sanitizers.  finish() stops everything, and fails if a log
# has what no log may have, or if a client was answered what docs/openapi.yaml
# does not say.

use strict;
use warnings;
use utf8;

use Carp qw(croak);
use Exporter ();
use Test::More;

use Civic::Client;
use Civic::Nginx;
use Civic::OpenAPI;
use Civic::Process;
use Civic::Redis;

use constant STAFF_PASSWORD => 'Key-Cupboard-2026';
use constant STAFF_SECRET   => 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

our @ISA = ('Exporter');
our @EXPORT = (@Test::More::EXPORT,
    qw(civic finish is_problem field_errors id_number china));

my @started;

sub import {
    my ($class) = @_;

    strict->import;
    warnings->import;
    utf8->import;
    binmode $_, ':utf8' for Test::More->builder->output,
        Test::More->builder->failure_output,
        Test::More->builder->todo_output;
    @_ = ($class);
    goto &Exporter::import;    # so that the caller gets the names
}

# Everything that a test needs.  As for Civic::Nginx->new, and: form, unix,
# redis_set or redis (one made already), people => how many citizens,
# start => 0.
sub civic {
    my (%arg) = @_;
    my $people = delete $arg{people} || 0;
    my $start = delete $arg{start} // 1;
    my %store = (form => delete $arg{form}, unix => delete $arg{unix},
        set => delete $arg{redis_set});
    my $redis = delete $arg{redis} || Civic::Redis->start(%store);
    my $self = bless { redis => $redis, people => [] }, __PACKAGE__;

    $self->{nginx} = Civic::Nginx->new(%arg, redis => $redis);
    push @started, $self;
    $self->add_person($_) for 1 .. $people;
    if ($start) {
        $self->{nginx}->start;
        $self->wait_ready;
    }
    $redis->migrate_in_background if $redis->form eq 'cluster';
    return $self;
}

sub redis  { return $_[0]{redis} }
sub nginx  { return $_[0]{nginx} }
sub people { return @{ $_[0]{people} } }
sub person { return $_[0]{people}[ $_[1] || 0 ] }

# Until the workers have found the store; not for long, for a test may have
# none on purpose.
sub wait_ready {
    my ($self, $seconds) = @_;
    my $client = $self->client;

    return eval {
        Civic::Process::wait_for('ready', $seconds || 3,
            sub { $client->get('/civic/ready')->{status} == 200 });
        1;
    } || 0;
}

# A client with connections of its own.
sub client {
    my ($self, %arg) = @_;

    return Civic::Client->new(url => $self->{nginx}->url, %arg);
}

# A client of each worker: the others stand still while it connects.  Its
# connection is kept, so all that it asks is answered by that worker.
sub worker_clients {
    my ($self) = @_;
    my $nginx = $self->{nginx};
    my @pids;

    Civic::Process::wait_for('all workers', 10,
        sub { (@pids = $nginx->workers) >= $nginx->{workers} });
    return map {
        my $pid = $_;
        my @others = grep { $_ != $pid } @pids;
        my $client = $self->client(unseen => 1);

        kill 'STOP', @others;
        Civic::Process::wait_for('workers to stand still', 5,
            sub { !grep { !_stands_still($_) } @others });
        my $answer = eval { $client->get('/civic/status') };
        kill 'CONT', @others;
        croak "worker $pid: $@" if !$answer;
        croak "worker $pid did not answer"
            if $answer->{json}{answered_by} != $pid;
        $client;
    } @pids;
}

sub _stands_still {
    my ($pid) = @_;

    open my $file, '<', "/proc/$pid/stat" or return 0;
    return (<$file> // '') =~ /\) T /;
}

sub china { return Civic::Process::china(@_) }

# Somebody of the staff, whom civicctl adds, with what staff_token() knows.
sub add_staff {
    my ($self, $name, $roles) = @_;

    return $self->{nginx}->civicctl('staff', 'add', '--name', $name,
        '--roles', $roles, '--password-stdin', '--totp-secret', STAFF_SECRET,
        \STAFF_PASSWORD);
}

# Logs one of them in: the token.  A code of TOTP is good once, so each of them
# only once in 30 s.
sub staff_token {
    my ($self, $name) = @_;
    my $code = $self->{nginx}->civicctl('staff', 'code', '--secret',
        STAFF_SECRET);

    chomp $code;
    my $answer = $self->client->post('/staff/sessions', json => {
        name => $name, password => STAFF_PASSWORD, totp => $code });
    is($answer->{status}, 200, "$name is at work")
        or diag($answer->{content});
    return $answer->{json}{token};
}

# A citizen whom civicctl adds: { name, id_number, password }.
sub add_person {
    my ($self, $n, %arg) = @_;
    my $person = {
        name => '测试' . $n =~ tr/0-9/〇一二三四五六七八九/r, id_number => id_number($n),
        password => "Correct-Horse-$n-Battery", %arg,
    };

    $self->{nginx}->add_citizen($person);
    push @{ $self->{people} }, $person;
    return $person;
}

# The n-th valid number of nobody: sequence 999 is never given to a person.
sub id_number {
    my ($n) = @_;
    my @weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
    my $body = sprintf '630105%04d%02d%02d999', 1950 + $n % 50,
        1 + int($n / 50) % 12, 1 + int($n / 600) % 28;
    my @digits = split //, $body;
    my $sum = 0;

    $sum += $digits[$_] * $weights[$_] for 0 .. 16;
    return $body . substr '10X98765432', $sum % 11, 1;
}

# The answer is this problem, whole and well-formed.
sub is_problem {
    my ($answer, $status, $code, $name) = @_;
    my $problem = $answer->{json};

    return subtest($name => sub {
        is($answer->{status}, $status, 'status');
        like($answer->{headers}{'content-type'} // '',
            qr{^application/problem\+json}, 'content type');
        is(ref $problem, 'HASH', 'an object') or diag($answer->{content});
        is($problem->{code}, $code, 'code');
        is($problem->{status}, $status, 'status within');
        ok(length($problem->{$_} // ''), $_) for qw(type title request_id);
        unlike($_, qr/\{[a-z_]+[|}]/, 'all parameters are filled in')
            for grep { defined } @$problem{qw(title detail)},
                map { $_->{detail} } @{ $problem->{errors} || [] };
    });
}

# { pointer => code } of the errors of a problem.
sub field_errors {
    my ($answer) = @_;

    return { map { $_->{pointer} => $_->{code} }
        @{ $answer->{json}{errors} || [] } };
}

# What clients were answered is what the documented routes say.
sub _is_documented {
    my $path = Civic::Nginx::root() . '/docs/openapi.yaml';

    return if !-e $path;
    my $openapi = Civic::OpenAPI->new($path);
    my %wrong = map { ($_ => 1) } grep { $_ }
        map { $openapi->undocumented(@$_) } Civic::Client::seen();
    is(join("\n", sort keys %wrong), '', 'docs/openapi.yaml says it all');
    return;
}

# Stops all, looks at the logs, ends the test file.
sub finish {
    for my $self (@started) {
        my $redis = $self->{redis};
        my $nginx = $self->{nginx};

        if ($redis->form eq 'cluster') {
            my $moved = $redis->stop_migrating;
            note("$moved slots moved");
        }
        if ($nginx->pid) {
            is($nginx->stop, 0, 'nginx ends with status 0');
        }
        is(join("\n", $nginx->alarms), '', 'nothing alarming in the log');
    }
    @started = ();
    _is_documented();
    done_testing();
    return;
}

# Of a test that died before finish(): what its servers said is gone with them.
END {
    my $status = $?;

    diag($_) for map { $_->{nginx}->alarms } @started;
    $? = $status;
}

1;
