# Rule files that have parts: a change of a part takes effect in every worker
# as one of the file does, for each file that uses it; a broken one is named
# with its line and changes nothing.

use lib 't/lib';
use Civic::Test;

use constant WORKERS => 2;

my $civic = civic(plugins => [ 'login', 'staff', 'hello' ], people => 1,
    start => 0, workers => WORKERS);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $rules = $nginx->rules;
my %morning = ('Civic-Now' => '2026-03-09T08:30:00+08:00');

sub slurp {
    my ($path) = @_;

    open my $file, '<:encoding(UTF-8)', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}

# As an editor does: beside it, then in its place.
sub save {
    my ($name, $text) = @_;

    open my $file, '>:encoding(UTF-8)', "$rules/$name.new" or die "$name: $!";
    print {$file} $text;
    close $file;
    rename "$rules/$name.new", "$rules/$name" or die "$name: $!";
    return;
}

# Of each worker, what it tells of a plugin's rules.
sub told {
    my ($plugin, $what) = @_;

    return map { my ($rule) = grep { $_->{name} eq $plugin } @{ $_->{rules} };
        $rule->{$what} // '' }
        @{ $client->get('/civic/status')->{json}{workers} };
}

sub all_tell {
    my ($plugin, $what, $pattern, $name) = @_;

    return ok(eval { Civic::Process::wait_for($name, 8, sub {
        WORKERS == grep { $_ =~ $pattern } told($plugin, $what) }) }, $name)
        || diag(explain([ told($plugin, $what) ]));
}

# hello.lua whose words are in a part.
my $words = <<'LUA';
local words = {}

words.greetings = {
    { from = 0, zh = "早上好", en = "Good morning" },
    { from = 12, zh = "下午好", en = "Good afternoon" },
    { from = 18, zh = "晚上好", en = "Good evening" },
}

function words.at(hour)
    local found
    for _, each in ipairs(words.greetings) do
        if hour >= each.from then
            found = each
        end
    end
    return found
end

words.examples = {
    { call = "at", input = { 13 },
      output = { from = 12, zh = "下午好", en = "Good afternoon" } },
}

return words
LUA
my $hello = slurp("$rules/hello.lua");
$hello =~ s/^local greetings = \{.*?^\}\n/local words = require "hello\/words"\n/ms
    or die 'no greetings';
$hello =~ s/^    local words = greetings\[1\]\n//m or die 'no first';
$hello =~ s/^    for _, candidate.*?^    end\n/    local found = words.at(input.hour)\n/ms
    or die 'no loop';
$hello =~ s/zh = words\.zh, en = words\.en/zh = found.zh, en = found.en/
    or die 'no answer';
$hello =~ s/^    \{ call = "greeting", input = \{ hour = 8 \},\n.*\n//m
    or die 'no example';
mkdir "$rules/hello" or die $!;
save('hello/words.lua', $words);
save('hello.lua', $hello);
$nginx->start;
$civic->wait_ready;

my @each_worker = $civic->worker_clients;
my @pids = sort $nginx->workers;
my ($first) = told('hello', 'revision');

# What each worker greets with.
sub all_greet {
    my ($wanted, $name) = @_;

    return ok(eval { Civic::Process::wait_for($name, 8, sub {
        WORKERS == grep { $_->get('/hello/greeting', headers => \%morning)
            ->{json}{greeting_en} eq $wanted } @each_worker }) }, $name);
}

all_greet('Good morning', 'by its part');
my ($status, $said) = $nginx->civicctl('rules', 'check', "$rules/hello.lua");
is($status, 0, 'which the tool takes, too') or diag($said);
like($said, qr/revision $first, 4 examples hold/, 'with its examples');
like(($nginx->civicctl('rules', 'preview', "$rules/hello.lua", 'greeting',
    '{"hour":13}'))[1], qr/Good afternoon/, 'and tries');
($status, $said) = $nginx->civicctl('rules', 'check', "$rules/hello/words.lua");
is($status, 0, 'a part alone is checked by who uses it') or diag($said);
like($said, qr{^\S+/hello\.lua: fine, revision $first, 4 examples hold\n\z},
    'and by nobody else');


# ---- a change of the part --------------------------------------------------

save('hello/words.lua', $words =~ s/Good morning/Top of the morning/gr);
all_greet('Top of the morning', 'every worker has the new words');
all_tell('hello', 'revision', qr/^(?!$first)\w{12}$/, 'of a new revision');
save('hello/words.lua', $words);
all_greet('Good morning', 'and the old ones again');
all_tell('hello', 'revision', qr/^$first$/, 'of the old revision');


# ---- a broken one ----------------------------------------------------------

my %bad = (
    'a slip of the pen' => [ $words =~ s/words\.at\(hour\)/words.at(/r,
        qr{^hello/words\.lua:\d+: } ],
    'an example that does not hold' => [ $words =~ s/from = 12, zh/from = 14, zh/r,
        qr{^hello/words\.lua:9: example 1 of 1, for "at"} ],
    'nothing' => [ '', qr{^hello/words\.lua:1: must return} ],
    'a circle' => [ "local w = require 'hello/words'\n$words",
        qr{^hello/words\.lua:1: require goes in a circle} ],
    'another part, not there' => [ "local x = require 'lib/x'\n$words",
        qr{^hello/words\.lua:1: cannot open "lib/x\.lua": No such file} ],
);
for my $name (sort keys %bad) {
    my ($text, $pattern) = @{ $bad{$name} };

    $nginx->log_mark;
    save('hello/words.lua', $text);
    all_tell('hello', 'failure', $pattern, "$name is named in the status");
    ok($nginx->log_has(qr/\[error\].*; revision $first stays in use/, 3),
        'and in the log');
    all_greet('Good morning', 'the old revision goes on');
    isnt(($nginx->civicctl('rules', 'check', "$rules/hello.lua"))[0], 0,
        'the tool refuses it');
    my ($status, $said) = $nginx->civicctl('rules', 'check',
        "$rules/hello/words.lua");
    is($status, 1, 'and the part alone');
    like($said =~ s/^civicctl: //r, $pattern, 'for the same reason');
}

# The other part comes, then: nobody touches the first.
save('hello/words.lua', $bad{'another part, not there'}[0]);
all_tell('hello', 'failure', qr/No such file/, 'a part is missing');
save('lib/x.lua', "return {}\n");
all_tell('hello', 'failure', qr/^$/, 'it is taken as soon as it is there');
is_deeply([ sort $nginx->workers ], \@pids, 'without a reload');


# ---- what several files use ------------------------------------------------

my ($login) = told('login', 'revision');
my ($staff) = told('staff', 'revision');
my $guesses = slurp("$rules/lib/guesses.lua");
is_deeply([ ($nginx->civicctl('rules', 'check', "$rules/lib/guesses.lua"))[1]
    =~ m{^\S+/(\w+)\.lua: fine, }mg ], [ qw(login staff) ],
    'the tool checks all of them');
save('lib/y.lua', "return {}\n");
($status, $said) = $nginx->civicctl('rules', 'check', "$rules/lib/y.lua");
is($status, 1, 'what nobody uses cannot be checked');
like($said, qr{^civicctl: lib/y\.lua is a part, .*: none in \S+ does$}m,
    'and that is told');
save('lib/guesses.lua', "$guesses\n-- ours\n");
all_tell('login', 'revision', qr/^(?!$login)\w{12}$/, 'login sees its library');
all_tell('staff', 'revision', qr/^(?!$staff)\w{12}$/, 'and staff');
save('lib/guesses.lua', "return nonsense(\n");
all_tell($_, 'failure', qr{^lib/guesses\.lua:2: }, "$_ names it")
    for qw(login staff);
($status, $said) = $nginx->civicctl('rules', 'check', "$rules/lib/guesses.lua");
is($status, 1, 'the tool refuses it');
is(scalar(() = $said =~ m{lib/guesses\.lua:2: }g), 1, 'and names it once')
    or diag($said);
isnt($client->login(@{ $civic->person }{qw(id_number password)}), '',
    'and citizens log in');
save('lib/guesses.lua', $guesses);
all_tell('login', 'revision', qr/^$login$/, 'put right');
all_tell($_, 'failure', qr/^$/, "$_ has nothing to tell") for qw(login staff);

finish();
