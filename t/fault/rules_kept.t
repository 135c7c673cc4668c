# What workers took while they ran is what they go on with after a start with
# a broken file, and what a worker begins with that takes the place of one
# that died: parts included, and never what somebody else could have written.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

use constant WORKERS => 3;

my $civic = civic(form => 'single', start => 0, plugins => ['hello'],
    fixtures => ['fault'], workers => WORKERS);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $rules = $nginx->rules;
my $state = $nginx->folder . '/state';
my $taken = "$state/workers/rules-hello.kept";
my $kept = "$state/rules-hello.kept";
my $hello = text_of("$rules/hello.lua");

$nginx->allow(qr/\[emerg\].*hello|\[alert\].*exited on signal 9/);

sub text_of {
    my ($path) = @_;

    open my $file, '<:raw', $path or return undef;
    local $/;
    return <$file>;
}

sub save {
    my ($name, $text) = @_;

    open my $file, '>:raw', "$rules/$name.new" or die $!;
    print {$file} $text;
    close $file;
    rename "$rules/$name.new", "$rules/$name" or die $!;
    return;
}

sub revisions { return map { $_->{revision} } rows() }

sub rows {
    return map { my ($row) = grep { $_->{name} eq 'hello' } @{ $_->{rules} };
        $row } @{ $client->get('/civic/status')->{json}{workers} };
}

sub all_have {
    my ($wanted, $name) = @_;

    return ok(eval { wait_for($name, 8, sub {
        WORKERS == grep { ($_ // '') =~ $wanted } revisions() }) }, $name)
        || diag(explain([ rows() ]));
}

# Words in a part; which words, in another.
sub words { return "return { morning = '$_[0]' }\n" }

(my $with_part = $hello) =~ s/^local rules = \{\}\n/$&local words = require "hello\/words"\n/m
    or die 'no begin';
$with_part =~ s/"Good morning"/words.morning/g == 2 or die 'no words';
mkdir $state or die $!;
mkdir "$rules/hello" or die $!;
save('hello/words.lua', words('one'));
save('hello.lua', $with_part);
$nginx->write_conf(http => "civic_state $state;");
$nginx->start;
my ($first) = revisions();
all_have(qr/^$first$/, 'one revision to begin with');
ok(!-e $taken, 'workers have taken nothing');

# ---- taken while it runs -----------------------------------------------------

save('hello/words.lua', words('two'));
all_have(qr/^(?!$first)\w{12}$/, 'another is taken');
my ($second) = revisions();
like(text_of($taken), qr/^civic-rules 1 $second 2\n.*morning = 'two'/s,
    'and kept, with its part');
like(text_of($kept), qr/^civic-rules 1 $first 2\n/,
    q{the master's is of the start});

# Many, quickly: never half a file, and nothing is left of them.
for my $n (1 .. 30) {
    save('hello/words.lua', words("many $n"));
    select undef, undef, undef, 0.1;
    my $text = text_of($taken);
    my ($length) = $text =~ m{\nhello/words\.lua (\d+)\n} or die $text;
    die "half: $text" if $text !~ m{\n\Qhello/words.lua\E $length\n.{$length}\n\z}s;
}
save('hello/words.lua', words('two'));
all_have(qr/^$second$/, 'back again, after many');
ok(eval { wait_for('it to be kept', 5,
    sub { text_of($taken) =~ /^civic-rules 1 $second / }) }, 'and kept');
is_deeply([ map { s{.*/}{}r } glob "$state/workers/*" ], ['rules-hello.kept'],
    'alone');

# ---- a worker that takes another's place -------------------------------------

$nginx->log_mark;
save('hello/words.lua', "return nonsense(\n");
ok(eval { wait_for('the failure', 8, sub {
    WORKERS == grep { ($_->{failure} // '') =~ m{hello/words\.lua:2} } rows()
}) }, 'a broken part is told');
my ($victim) = $nginx->workers;
kill KILL => $victim;
ok(eval { wait_for('a new worker', 8, sub { my @now = $nginx->workers;
    @now == WORKERS && !grep { $_ == $victim } @now }) }, 'a worker dies');
all_have(qr/^$second$/, 'who takes its place has the same revision');

# ---- a cold start --------------------------------------------------------------

$nginx->stop;
$nginx->log_mark;
$nginx->start;
ok($nginx->log_has(qr{\[warn\].*hello/words\.lua:2\b.*last good revision $first}),
    'the master falls back to what it has');
all_have(qr/^$second$/, 'workers to what they took');
is((grep { ($_->{failure} // '') =~ m{hello/words\.lua:2} } rows()), WORKERS,
    'and say why');
is($client->get('/hello/greeting', headers => {
    'Civic-Now' => '2026-03-09T08:30:00+08:00' })->{json}{greeting_en}, 'two',
    'which answers');
like(text_of($taken), qr/^civic-rules 1 $second 2\n/, 'it is kept on');

# Damaged: the master's.
$nginx->stop;
open my $file, '>>', $taken or die $!;
print {$file} 'x';
close $file;
$nginx->log_mark;
$nginx->start;
all_have(qr/^$first$/, q{what is damaged is not used: the master's is});
ok($nginx->log_has(qr/\[warn\].*that workers took cannot be used from .*damaged/),
    'and it is told');

# Whatever a worker could have written, root never runs it.
SKIP: {
    skip 'workers are root\'s there', 2 if $> != 0 || Civic::Nginx::asan();

    my ($uid) = (getpwnam 'www-data')[2];
    is((stat "$state/workers")[4], $uid, q{the folder is the workers'});
    $nginx->stop;
    rename $kept, "$kept.away" or die $!;
    ok(!eval { $nginx->start(refused => 1); 1 },
        q{the workers' alone is no cold start});
    rename "$kept.away", $kept or die $!;
    $nginx->start;
}

# ---- put right -----------------------------------------------------------------

save('hello/words.lua', words('three'));
all_have(qr/^(?!$first|$second)\w{12}$/, 'put right while it runs');
my ($third) = revisions();
ok(eval { wait_for('it to be kept', 5,
    sub { text_of($taken) =~ /^civic-rules 1 $third / }) }, 'it is kept');
$nginx->reload;
ok(!-e $taken, 'a reload keeps it elsewhere');
like(text_of($kept), qr/^civic-rules 1 $third 2\n/, q{as the master's});
serves($civic, 'after it all');

finish();
