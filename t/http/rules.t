# Rules are edited while people are served: a good edit takes effect in every
# worker, a bad one is named and changes nothing.

use lib 't/lib';
use Civic::Test;

use constant WORKERS => 3;

my $civic = civic(plugins => [ 'login', 'hello' ], people => 1,
    workers => WORKERS);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $path = $nginx->rules . '/hello.lua';
my $good = slurp($path);
my @each_worker;
my %morning = ('Civic-Now' => '2026-03-09T08:30:00+08:00');

sub slurp {
    local (@ARGV, $/) = @_;

    return scalar <>;
}

# As an editor does: beside it, then in its place; or over it.
sub save {
    my ($text, %arg) = @_;
    my $to = $arg{over} ? $path : "$path.new";

    open my $file, '>', $to or die "$to: $!";
    print {$file} $text;
    close $file;
    return if $arg{over};
    rename $to, $path or die "$path: $!";
    return;
}

# [ revision, failure ] of each worker.
sub revisions {
    my $workers = $client->get('/civic/status')->{json}{workers};

    return map { my ($rule) = grep { $_->{name} eq 'hello' } @{ $_->{rules} };
        [ $rule->{revision}, $rule->{failure} ] } @$workers;
}

# What each worker greets with.
sub words {
    return map { $_->get('/hello/greeting', headers => \%morning)
        ->{json}{greeting_en} } @each_worker;
}

sub all_greet {
    my ($wanted, $name) = @_;

    return ok(eval { Civic::Process::wait_for($name, 8, sub {
        return !grep { $_ ne $wanted } words();
    }) }, $name) || diag(words());
}

# Until every worker tells a failure; what they tell.
sub failure {
    my ($pattern) = @_;

    eval { Civic::Process::wait_for("$pattern", 8, sub {
        my @with = grep { ($_->[1] // '') =~ $pattern } revisions();
        return @with == WORKERS;
    }) };
    return (map { $_->[1] // '' } revisions())[0];
}

# Until every worker tells one revision, and not that one; it.
sub revision {
    my ($other) = @_;
    my $told;

    eval { Civic::Process::wait_for('one revision', 8, sub {
        my @told = map { $_->[0] } revisions();
        $told = $told[0];
        return 0 if @told != WORKERS || grep { $_ ne $told } @told;
        return $told ne ($other // '');
    }) } or diag(explain([ revisions() ]));
    return $told;
}

my $first = revision();
my @pids = sort $nginx->workers;
@each_worker = $civic->worker_clients;
like($first, qr/^[0-9a-f]{12}$/, 'every worker tells the same revision');
all_greet('Good morning', 'the rule as it is');


# ---- a good edit ----

my $early = $good =~ s/Good morning/Top of the morning/gr;
save($early);
all_greet('Top of the morning', 'every worker has the new words');
isnt(revision($first), $first, 'of a new revision');
save($good =~ s/Good morning/Good day/gr, over => 1);
all_greet('Good day', 'written over the file');
is_deeply([ sort $nginx->workers ], \@pids, 'without a reload');

save($good =~ s/quiet = \{ from = 0, to = 0 \}/quiet = { from = 0, to = 8 }/r);
my %night = (headers => { 'Civic-Now' => '2026-03-09T03:00:00+08:00' });
ok(eval { Civic::Process::wait_for('quiet', 8, sub { WORKERS == grep {
    $_->get('/hello/greeting', %night)->{status} == 409 } @each_worker }) },
    'a rule can refuse');
my $asleep = $client->get('/hello/greeting', %night);
is_problem($asleep, 409, 'hello_asleep', 'by its reason');
is($asleep->{json}{rule}{name}, 'hello.greeting', 'with its name');
my $revision = $asleep->{json}{rule}{revision};
ok(eval { Civic::Process::wait_for('it to be told', 8, sub {
    WORKERS == grep { $_->[0] eq $revision } revisions() }) },
    'and its revision');


# ---- bad ones ----

save($good);
all_greet('Good morning', 'back again');
ok(eval { Civic::Process::wait_for('it', 8, sub {
    WORKERS == grep { $_->[0] eq $first } revisions() }) },
    'the same text is the same revision');
my $kept = $first;

my $broken_at = () = substr($good, 0, index $good, 'function rules.visits')
    =~ /\n/g;
my %bad = (
    'a slip of the pen' => [
        $good =~ s/function rules\.visits\(\)/function rules.visits(/r,
        qr/hello\.lua:\d+: / ],
    'an example that does not hold' => [ $good =~ s/Good morning"/Bonjour"/r,
        qr/hello\.lua.*example/ ],
    'an endless loop' => [ "while true do end\n$good", qr/hello\.lua/ ],
    'a library that is not there' => [ "os.execute('true')\n$good",
        qr/hello\.lua:1: / ],
    'a rule that is missing' => [
        $good =~ s/function rules\.visits\(\)/function rules.guests()/r,
        qr/hello\.lua.*visits/ ],
);
for my $name (sort keys %bad) {
    my ($text, $pattern) = @{ $bad{$name} };

    $nginx->log_mark;
    save($text);
    like(failure($pattern), $pattern, "$name is named in the status");
    ok($nginx->log_has(qr/\[error\].*$pattern/, 3), 'and in the log');
    is_deeply([ map { $_->[0] } revisions() ], [ ($kept) x WORKERS ],
        'the old revision stays');
    is_deeply([ words() ], [ ('Good morning') x WORKERS ], 'and is used');
}
like($nginx->log_text, qr/revision $kept stays in use/, 'the log says so');

my $line = 2 + $broken_at;    # where Lua sees it, behind the bracket
save($bad{'a slip of the pen'}[0]);
like(failure(qr/hello\.lua:$line: /), qr/hello\.lua:$line: /,
    'with the line of the slip');
is($client->get('/civic/ready')->{status}, 200, 'the service is ready');
is($client->login(@{ $civic->person }{qw(id_number password)}) ne '', 1,
    'other rules are not touched');

$nginx->log_mark;
unlink $path;
ok(eval { Civic::Process::wait_for('the failure', 8,
    sub { WORKERS == grep { ($_->[1] // '') =~ /No such file/ } revisions() }) },
    'a file that is gone') or diag(explain([ revisions() ]));
is_deeply([ words() ], [ ('Good morning') x WORKERS ],
    'and its rules are used still');


# ---- and well again ----

save($early);
all_greet('Top of the morning', 'a good edit recovers');
ok(eval { Civic::Process::wait_for('no failure', 5,
    sub { !grep { $_->[1] } revisions() }) }, 'nothing is told any more');
is_deeply([ sort $nginx->workers ], \@pids, 'the workers are the same');

finish();
