# docs/plugin-guide.md tells how to write a plugin.  This file does what it
# says, and nothing that it does not say: outside the tree, against the
# installed headers, with the guide's own code and commands.

use lib 't/lib';
use Civic::Test;
use Civic::Manual;
use JSON::PP ();

my $civic = civic(plugins => ['login'],
    allow => qr/umbrella\.so: option "hall=EAST"/);
my $nginx = $civic->nginx;
my $root = Civic::Nginx::root();
my $folder = Civic::Process::folder();
my $dest = "$folder/installed";
my $work = "$folder/umbrella";
my $guide = Civic::Manual->new('plugin-guide.md');

mkdir $work or die "$work: $!";

# The files of a plugin, { name, text, ... }, each of which may stand in
# several blocks.
sub files {
    my ($plugin) = @_;
    my (@files, %seen);

    for my $block ($guide->blocks) {
        my $name = $block->{name};

        next if $name !~ /^\Q$plugin\E\w*\.(?:c|lua)$/;
        if ($seen{$name}) {
            $seen{$name}{text} .= $block->{text};
            next;
        }
        push @files, $seen{$name} = { %$block };
    }
    return @files;
}

sub write_file {
    my ($path, $text) = @_;

    open my $file, '>:utf8', $path or die "$path: $!";
    print {$file} $text;
    close $file;
    return;
}

# As a reader would, in the plugin's folder, with what is installed found
# where DESTDIR has it: (status, what it said).
sub run {
    my ($text) = @_;

    local $ENV{PATH} = "$dest/usr/bin:$ENV{PATH}";
    local $ENV{C_INCLUDE_PATH} = "$dest/usr/include";
    local $ENV{LC_ALL} = 'C.UTF-8';
    local $ENV{ASAN_OPTIONS} = 'detect_leaks=0';
    my $said = `cd $work && { $text\n} 2>&1`;

    return ($? >> 8, $said);
}

sub runs {
    my ($text, $name) = @_;
    my ($status, $said) = run("set -e\n$text\n");

    is($status, 0, $name) or diag($said);
    return $said;
}


# ---- what the guide has ----

my $build = $guide->shell('build');
my @files = files('umbrella');

is(scalar @files, 3, 'the guide has a plugin of three files');
ok($build, 'and how to build it');
my $said = `cd $root && DESTDIR=$dest BUILD=@{[ Civic::Nginx::build() ]} tools/install.sh 2>&1`;
is($?, 0, 'install') or diag($said);
ok(-e "$dest/usr/include/$_", "puts $_") for 'civic_plugin.h', 'civic/host.h';


# ---- build and look ----

write_file("$work/$_->{name}", $_->{text}) for @files;
is(runs($build, 'it builds'), '', 'without a warning');
my ($look) = grep { /civicctl plugins/ } $guide->texts(language => 'sh');
$said = runs($look, 'civicctl takes plugin, rule and preview');
like($said, qr{/umbrella/loans}, 'and lists its routes');
like($said, qr/"?most"?\s*[:=]\s*3/, 'and shows what the rule says');
like((run('gcc -std=gnu11 -M umbrella.c'))[1], qr{$dest/usr/include/civic_pl},
    'the header is the installed one');


# ---- its other code compiles too ----

my ($fields) = $guide->texts(name => 'fields');
my $functions = join "\n", $guide->texts(name => 'functions');
my @examples = $guide->texts(name => 'example');
my $source = "#include <stdlib.h>\n#include <civic_plugin.h>\n\n"
    . "enum { METRIC_LENT };\n\n"
    . "static void\nheavy_work(void *data)\n{\n    (void) data;\n}\n\n"
    . "$fields\n$functions\n";

for my $i (0 .. $#examples) {
    $source .= "civic_result_t example_$i(civic_request_t *r);\n\n"
        . "civic_result_t\nexample_$i(civic_request_t *r)\n{\n$examples[$i]"
        . "\n    (void) r;\n    return CIVIC_OK;\n}\n\n";
}
ok(@examples > 15, scalar(@examples) . ' examples');
write_file("$work/examples.c", $source);
runs('gcc -std=gnu11 -Wall -Wextra -Werror -Wno-unused'
    . ' -Wno-unused-but-set-variable -Wno-declaration-after-statement'
    . ' -fsyntax-only examples.c', 'every example is C');

my @called = $source =~ /\b(civic_[a-z_]+)\(r\b/g;
my %shown = map { $_ => 1 } @called;
my @offered =
    `cat $dest/usr/include/civic/*.h` =~ /^(civic_[a-z_]+)\(civic_request_t \*r/mg;
my %plugin = map { $_ => 1 } $files[0]{text} =~ /\b(civic_[a-z_]+)\(r\b/g;

is_deeply([ sort grep { !$shown{$_} && !$plugin{$_} }
    @offered ], [], 'every service has an example');


# ---- load and call ----

my ($rules) = grep { $_->{name} eq 'umbrella.lua' } @files;
my ($conf) = grep { /umbrella\.so/ } $guide->texts(language => 'nginx');
my ($options) = $conf =~ m{umbrella\.so (.*);};

chmod 0755, $work;
write_file($nginx->rules . '/umbrella.lua', $rules->{text});
system('cp', "$work/umbrella_lend.lua", $nginx->scripts);
$nginx->write_conf(plugins => [ 'login', "$work/umbrella.so $options" ]);
my ($good, $why) = $nginx->check;
ok($good, 'nginx -t takes it') or diag($why);
$nginx->reload;

my $client = $civic->client;
my $open = '2026-03-09T09:00:00+08:00';
$nginx->civicctl('clock', 'set', $open, '--hold');
ok(eval { Civic::Process::wait_for('the clock', 6, sub {
    $client->post('/umbrella/loans')->{status} != 409 }) }, 'it lends');
$civic->redis->command('DEL', $_)       # and the clock stays
    for grep { /umbrella/ } $civic->redis->keys;

is_deeply($client->get('/umbrella/loans')->{json}, { out => 0 },
    'none is out');
for my $out (1 .. 3) {
    my $answer = $client->post('/umbrella/loans');

    is($answer->{status}, 201, "umbrella $out");
    is_deeply($answer->{json}, { out => $out }, "$out out");
}
my $refused = $client->post('/umbrella/loans');
is_problem($refused, 409, 'none_left', 'the fourth is refused');
like($refused->{json}{title}, qr/\p{Han}/, 'in Chinese');
is($client->post('/umbrella/loans', headers => { 'Accept-Language' => 'en' })
    ->{json}{title}, 'All umbrellas are out', 'or in English');
like($client->get('/civic/metrics')->{content},
    qr/^civic_umbrella_lent_total [34]$/m, 'its metric');

write_file($nginx->rules . '/umbrella.lua', $rules->{text} =~ s/most = 3/most = 4/gr);
ok(eval { Civic::Process::wait_for('the rule', 8, sub {
    $client->post('/umbrella/loans')->{status} == 201 }) },
    'one more, by an edited rule');

$nginx->civicctl('clock', 'set', '2026-03-09T20:00:00+08:00');
ok(eval { Civic::Process::wait_for('the evening', 6, sub {
    ($client->post('/umbrella/loans')->{json}{code} // '') eq 'hall_closed'
    }) }, 'the hall closes in the evening');

$nginx->write_conf(plugins => [ 'login', "$work/umbrella.so hall=EAST" ]);
($good, $why) = $nginx->check;
ok(!$good && $why =~ /hall/, 'an option that does not fit is refused');

# Before the second plugin is built: its workers are to begin with this clock,
# or a consent would be given in the past and be over today.
$nginx->civicctl('clock', 'reset');


# ---- the second plugin: build and load ----

my @portrait = files('portrait');
my $build_portrait = $guide->shell('build portrait');

is_deeply([ map { $_->{name} } @portrait ], [ 'portrait.c', 'portrait_keep.lua',
    'portrait_forget.lua', 'portrait_approve.lua' ], 'the second plugin');
write_file("$work/$_->{name}", $_->{text}) for @portrait;
is(runs($build_portrait, 'it builds'), '', 'without a warning');
system('cp', "$work/$_->{name}", $nginx->scripts)
    for grep { $_->{language} eq 'lua' } @portrait;
$nginx->write_conf(plugins => [ 'login', 'staff', 'civic',
    "$work/portrait.so" ]);
($good, $why) = $nginx->check;
ok($good, 'nginx -t takes it') or diag($why);
$nginx->reload;
ok(eval { Civic::Process::wait_for('the plugin', 6, sub {
    $client->get('/portrait/picture')->{status} == 401 }) }, 'it is there');

my $who = $civic->add_person(1);
my $token = $client->login($who->{id_number}, $who->{password});
my $jpeg = "\xff\xd8\xff\xe0" . 'a picture' x 20_000;

sub put_picture {
    return $client->put('/portrait/picture', token => $token, body => $jpeg,
        type => 'image/jpeg');
}

sub show_picture {
    return $client->get('/portrait/picture', token => $token);
}


# ---- a consent, and a file under it ----

is_problem(put_picture(), 403, 'consent_required', 'no consent');
my $text = $client->get('/civic/consents/texts/face')->{json};
my $given = $client->post('/civic/consents', token => $token,
    headers => { 'Idempotency-Key' => 'face-1' },
    json => { (map { $_ => $text->{$_} } qw(purpose version digest language)),
        flags => { map { $_ => JSON::PP::true() } @{ $text->{flags} } },
        method => 'tick_and_button' });
is($given->{status}, 201, 'the citizen consents') or diag($given->{content});

is_problem(show_picture(), 404, 'not_found', 'no picture yet');
my $put = put_picture();
is($put->{status}, 204, 'a picture') or diag($put->{content});
is_problem(put_picture(), 409, 'has_picture', 'one is enough');
is_problem($client->put('/portrait/picture', token => $token,
    body => 'GIF89a', type => 'image/jpeg'), 422, 'no_jpeg', 'no JPEG');

my $shown = show_picture();
is($shown->{headers}{'content-type'}, 'image/jpeg', 'a picture comes back');
ok($shown->{content} eq $jpeg, 'byte by byte');
my $url = $client->get('/portrait/picture/url', token => $token)->{json}{url};
ok($client->get($url)->{content} eq $jpeg, 'and by its URL, without a token');


# ---- a decision of staff, the trail, a message ----

$nginx->civicctl('staff', 'add', '--name', 'desk', '--roles', 'reviewer',
    '--password-stdin', '--totp-secret', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U',
    \"Upper-Floor-2026\n");
chomp(my $totp = $nginx->civicctl('staff', 'code', '--secret',
    'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U'));
my $desk = $client->post('/staff/sessions', json => { name => 'desk',
    password => 'Upper-Floor-2026', totp => $totp })->{json}{token};
my ($pid) = map { /\{p:([\w-]+)\}/ } $civic->redis->keys('civic:*:portrait');

sub approve {
    return $client->post('/portrait/approvals', token => $desk,
        json => { pid => $pid });
}

is(approve()->{status}, 204, 'a reviewer approves');
is_problem(approve(), 404, 'not_found', 'once');
my ($status, $job) = $nginx->civicctl('job', 'run', 'portrait.tell');
is($status, 0, 'the job runs') or diag($job);

# In a Cluster each run sees a part of its shard's outboxes.
sub kinds {
    return map { $_->{kind} } @{ $client->get('/civic/messages',
        token => $token)->{json}{messages} };
}

ok(eval { Civic::Process::wait_for('a message', 15, sub { kinds() > 0 }) },
    'the citizen finds a message');
is_deeply([ kinds() ], ['portrait.approved'], 'of this one kind, once');
$nginx->civicctl('job', 'run', 'civic.audit');
ok(eval { Civic::Process::wait_for('the trail', 15, sub {
    $nginx->civicctl('audit', 'show') =~ /portrait\.approved/ }) },
    'and the trail has the decision');


# ---- the consent ends ----

my $withdrawn = $client->delete('/civic/consents/face', token => $token);
is($withdrawn->{status}, 200, 'the consent is withdrawn')
    or diag($withdrawn->{content});
ok($withdrawn->{json}{erased}, 'and what was kept is erased');
is_problem(show_picture(), 404, 'not_found', 'no picture is left');
is_problem($client->get($url), 404, 'not_found', 'nor behind its URL');
is_problem(put_picture(), 403, 'consent_required', 'nor can one come');

finish();
