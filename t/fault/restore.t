# The back-up and the restore of docs/operations.md, block by block as they
# stand there, against citizens who go on writing; then everything is gone,
# and comes back in other folders.  And what is seen without the right
# keyring.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Civic::Manual;
use File::Path qw(remove_tree);
use Time::HiRes qw(sleep);

my $store = Civic::Redis->start(form => 'single',
    set => { appendfsync => 'always' });
my $civic = civic(redis => $store, start => 0,
    plugins => [ 'login', 'hello', 'staff', 'civic' ], fixtures => [ 'files', 'fault' ]);
my $nginx = $civic->nginx;
my $work = Civic::Process::folder();
my %at = (CONF => "$work/etc", BACKUP => "$work/backup",
    KEYS => "$work/keys");
my $as_root = $> == 0 && !Civic::Nginx::asan();


# ---- the manual's blocks ----

my $manual = Civic::Manual->new('operations.md');
my @settings = $manual->shell('back-up-settings') =~ /^(\w+)=/mg;

# (status, what it said): as root does, with this test's settings.
sub run {
    my ($name) = @_;
    my $script = "$work/script";

    $at{redis} = 'redis-cli -s ' . $store->dir . '/redis.sock';
    open my $file, '>:utf8', $script or die "$script: $!";
    print {$file} "set -eu\numask 077\nexec 2>&1\nPATH=$work/bin:\$PATH\n",
        (map { "$_='$at{$_}'\n" } @settings), $manual->shell($name);
    close $file;
    my $said = `sh $script`;

    return ($? >> 8, $said);
}

sub runs {
    my ($name) = @_;
    my ($status, $said) = run($name);

    is($status, 0, "the block $name") or diag($said);
    return $said;
}

# Folders that nginx's user may write.
sub folders_for_workers {
    for my $path (@_) {
        mkdir $path, 0700 or die "$path: $!";
        chown((getpwnam 'www-data')[ 2, 3 ], $path) if $as_root;
    }
    return;
}

# nginx on the folders of %at.
sub configure {
    my $text = $nginx->civic_directives;

    $text =~ s{^civic_keyring .*}{civic_keyring $at{CONF}/keyring.json;}m;
    $text =~ s{^civic_rules .*}{civic_rules $at{CONF}/rules;}m;
    $text =~ s{^civic_blobs .*}{civic_blobs $at{BLOBS};}m;
    $text =~ s{^civic_audit .*}{civic_audit $at{AUDIT};}m;
    $nginx->write_conf(civic => $text);
    return;
}


# ---- a town ----

mkdir "$work/$_" or die "$work/$_: $!" for qw(bin etc backup keys disk);
chmod 0755, $work, "$work/etc", "$work/disk";
open my $tool, '>', "$work/bin/civicctl" or die "civicctl: $!";
print {$tool} "#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 LC_ALL=C.UTF-8 exec "
    . Civic::Nginx::build() . '/civicctl -c ' . $nginx->conf . " \"\$@\"\n";
close $tool;
chmod 0755, "$work/bin/civicctl";
rename $nginx->keyring, "$at{CONF}/keyring.json" or die "keyring: $!";
system('cp', '-r', $nginx->rules, $at{CONF});
@at{qw(BLOBS AUDIT)} = ("$work/disk/blobs", "$work/audit");
folders_for_workers(@at{qw(BLOBS AUDIT)});
$at{REDIS_DIR} = $store->dir;
configure();

# One person whose record the first key seals, two of the second key.
$civic->add_person(1);
system('cp', "$at{CONF}/keyring.json", "$work/before-rotation.json");
$nginx->civicctl('keyring', 'rotate');
runs('copy-keyring');
$nginx->civicctl('keyring', 'activate');
$civic->add_person($_) for 2, 3;
$nginx->civicctl(qw(staff add --name wang.fang --roles administrator));
$nginx->start;
ok($civic->wait_ready, 'a town');

sub session {
    my ($name) = @_;

    return $civic->client->post('/files/sessions', json => { name => $name })
        ->{json}{token};
}

sub put_file {
    my ($name, $bytes) = @_;

    return $civic->client->put('/files/mine', token => session($name),
        body => $bytes, type => 'text/plain')->{status};
}

sub is_file {
    my ($name, $bytes, $what) = @_;
    my $answer = $civic->client->get('/files/mine', token => session($name));

    is($answer->{status}, 200, "$what: status");
    return ok($answer->{content} eq $bytes, "$what: to the byte");
}

sub logs_in {
    my ($n, $what) = @_;
    my $person = $civic->person($n);
    my $answer = $civic->client->try_login(@$person{qw(id_number password)});

    is($answer->{status}, 200, $what) or diag($answer->{content});
    return $answer->{json}{token};
}

my %file = map { ("reader-$_" => "file $_ " x (10_000 * $_)) } 1 .. 4;
is(put_file($_, $file{$_}), 200, "$_ keeps a file") for sort keys %file;
my $token = logs_in(0, 'somebody is logged in');

# { purpose => status }
sub consents {
    my ($bearer) = @_;
    my $list = $civic->client->get('/civic/consents', token => $bearer)
        ->{json}{consents};

    return { map { $_->{purpose} => $_->{status} } @$list };
}

sub consent {
    my ($bearer, $purpose) = @_;
    my $client = $civic->client;
    my $text = $client->get("/civic/consents/texts/$purpose",
        token => $bearer)->{json};

    return $client->post('/civic/consents', token => $bearer,
        headers => { 'Idempotency-Key' => $purpose }, json => {
            (map { $_ => $text->{$_} } qw(purpose version language digest)),
            flags => { map { $_ => JSON::PP::true() } @{ $text->{flags} } },
            method => 'tick_and_button' });
}

for my $purpose (qw(face photo)) {
    my $given = consent($token, $purpose);

    is($given->{status}, 201, "a consent to $purpose")
        or diag($given->{content});
}

sub pair {
    my ($name) = @_;

    return $civic->client->post('/fault/pair',
        json => { name => $name, value => 'v' })->{status};
}
is(pair("early-$_"), 201, "write $_") for 1 .. 3;


# ---- back-up, while they write ----

my $writer = Civic::Process::background('writer', sub {
    my $client = $civic->client(unseen => 1);
    my $n = 0;

    while (!-e "$work/stop") {
        $n++;
        $client->post('/fault/pair', json => { name => "at-$n",
            value => 'v' });
        my $own = $client->post('/files/sessions',
            json => { name => "writer-$n" })->{json}{token};
        $client->put('/files/mine', token => $own, body => "x$n" x 9_000,
            type => 'text/plain');
        sleep 0.01;
    }
});

my ($status, $said) = run('back-up');
is($status, 1, 'no back-up is whole without the keyring of now');
like($said, qr/keyring\.json.* differ/, 'and it says so');
runs('copy-keyring');
is(pair('before'), 201, 'a write before the back-up');
wait_for('something in the trail', 15,
    sub { my @segments = glob "$at{AUDIT}/*/*.audit"; return scalar @segments });
$store->command('BGREWRITEAOF');
runs('back-up');
is(pair('after'), 201, 'and one after it');
is(put_file('late', 'late'), 200, 'and a file');
my $withdrawn = $civic->client->delete('/civic/consents/face',
    token => $token);
is($withdrawn->{status}, 200, 'and a consent is withdrawn')
    or diag($withdrawn->{content});
open my $stop, '>', "$work/stop" or die $!;
close $stop;
wait_for('the writer', 5, sub { !Civic::Process::alive($writer) });
unlike(join(' ', glob "$at{BACKUP}/last/*/*"), qr/keyring/,
    'the keyring is not among the data');
wait_for('the trail to have it all', 15, sub {
    !grep { $store->command('XLEN', $_) > 0 } $store->keys('civic:outbox:audit:*')
});


# ---- all is gone ----

# Everything of a folder, in one text.
sub digests {
    my ($path) = @_;

    return scalar `cd $path && find . -type f | sort | xargs -r md5sum`;
}

sub verify {
    my ($name) = @_;
    my ($status, $said) = $nginx->civicctl(qw(audit verify));

    return is($status, 0, "the trail holds, $name") || diag($said);
}

$nginx->stop;
$store->stop(0, 'KILL');
remove_tree("$work/disk", $store->dir, "$at{CONF}/rules");
unlink "$at{CONF}/keyring.json";
mkdir "$work/new" or die $!;
chmod 0755, "$work/new";
@at{qw(REDIS_DIR BLOBS)} = ("$work/new/redis", "$work/new/blobs");
mkdir $at{REDIS_DIR} or die $!;

# Where the trail is lost as well, its copy is taken, and is whole by itself;
# where it is not, it stays as it is.
my $trail = $at{AUDIT};
my $before = digests($trail);
$at{AUDIT} = "$work/new/audit";
folders_for_workers(@at{qw(BLOBS AUDIT)});
runs('restore');
configure();
isnt(digests($at{AUDIT}), '', 'the trail comes back');
verify('as it was copied');
$at{AUDIT} = $trail;
runs('restore');
configure();
is(digests($trail), $before, 'a trail that is still there stays');

@{ $store->{nodes}[0] }{qw(dir socket log)} = ($at{REDIS_DIR},
    "$at{REDIS_DIR}/redis.sock", "$at{REDIS_DIR}/redis.log");
$store->run(0);
cmp_ok(scalar $store->keys('civic:{p:*}:sessions'), '>', 0,
    'sessions come back');
runs('end-sessions');
is(scalar $store->keys('civic:{p:*}:sessions'), 0, 'and are ended');

# A plain nginx cannot load what sanitizers watch: doctor says so there.
sub doctor {
    my ($status, $said) = $nginx->civicctl('doctor');

    return $said;
}

sub is_well {
    my ($name) = @_;
    my $said = doctor();

    like($said, qr/\[ ok \] the keyring opens the records of 3 people/,
        "$name: data and keyring belong together");
    like($said, qr/^0 problems/m, "$name: doctor finds nothing else")
        or diag($said) if !Civic::Nginx::asan();
    return;
}

runs('check') if !Civic::Nginx::asan();
is_well('restored');
verify('and is of this data');
($status, $said) = run('withdraw-again');
is($status, 0, 'the withdrawal is made again');
like($said, qr/^withdrawn, the job civic\.erasures erases next: \S{22} face$/m,
    'and it says so');
($status, $said) = run('withdraw-again');
is("$status $said" =~ /^0 there is no consent to withdraw: \S+ face$/m, 1,
    'once is enough') or diag($said);
is(($nginx->civicctl(qw(consent withdraw --pid short --purpose face)))[0], 2,
    'what is no pid is a mistake');
$nginx->start;
ok($civic->wait_ready(10), 'it serves');
is($civic->client->get('/login/profile', token => $token)->{status}, 401,
    'the session of before is over');
my ($anew) = map { logs_in($_, "person $_ logs in anew") } 0 .. 2;
is_deeply(consents($anew), { face => 'withdrawn', photo => 'active' },
    'a consent that was withdrawn after the back-up does not hold')
    or diag(explain(consents($anew)));
ok(eval { wait_for('the erasure', 15, sub {
    my $list = $civic->client->get('/civic/consents', token => $anew)
        ->{json}{consents};

    return grep { $_->{purpose} eq 'face' && $_->{erased_at} } @$list;
}) }, 'and what was kept under it is erased again');
is_file($_, $file{$_}, $_) for sort keys %file;
like($nginx->civicctl(qw(staff list)), qr/wang\.fang/, 'staff are there');
for my $name ((map { "early-$_" } 1 .. 3), 'before') {
    is($civic->client->get("/fault/read/$name")->{json}{value}, 'v',
        "$name is there");
}
is($civic->client->get('/fault/read/after')->{json}{value}, undef,
    'what came later is not');

# A record without its file would be a file that was promised and is lost.
my ($records, @missing) = 0;
for my $key ($store->keys('civic:{p:*}:blobs')) {
    my ($pid) = $key =~ /\{p:(.*?)\}/;

    for my $id (@{ $store->command('HKEYS', $key) }) {
        $records++;
        push @missing, $id
            if !-e "$at{BLOBS}/@{[ substr $pid, 0, 2 ]}/$pid.$id";
    }
}
cmp_ok($records, '>', 5, "$records blobs, also from while it was copied");
is("@missing", '', 'each record has its file');


# ---- without the right keyring ----

# Restarts nginx with this keyring: what doctor says, how a login ends.
sub with_keyring {
    my ($file, $n) = @_;
    my $person = $civic->person($n);

    $nginx->stop;
    system('install', '-m', '600', $file, "$at{CONF}/keyring.json");
    my $said = doctor();
    $nginx->start;
    $civic->wait_ready;
    return ($said, $civic->client->try_login(@$person{qw(id_number
        password)}));
}

my ($told, $login) = with_keyring("$work/before-rotation.json", 1);
like($told, qr/\[FAIL\] the records of 2 people were sealed with key 2, which the keyring lacks/,
    'a keyring from before the rotation: doctor names the key');
is($login->{status}, 500, 'who was sealed by that key cannot log in');
ok($nginx->log_has(qr/the password of person "\S+" cannot be read/, 2),
    'the log has it, without a name');
logs_in(0, 'who was not can');

unlink "$work/another.json";
$nginx->civicctl('keyring', 'init', '--file', "$work/another.json");
($told, $login) = with_keyring("$work/another.json", 0);
like($told, qr/\[FAIL\] the keyring does not open the records of \d (?:person|people): it belongs to other data/,
    'another keyring: doctor says that it is another');
is_problem($login, 401, 'login_failed', 'nobody is found');

($told, $login) = with_keyring("$at{KEYS}/keyring.json", 1);
is($login->{status}, 200, 'with the right one again, nothing is lost')
    or diag($login->{content});
is_well('after all');

finish();
