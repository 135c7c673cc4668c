# The audit trail: what staff do over HTTP on two nginx, and the operator with
# civicctl, is found in sealed chains, and they verify; reloads and workers
# that die leave them whole.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use JSON::PP qw(decode_json);
use Time::HiRes qw(sleep);

my @with = (plugins => [ 'staff', 'civic', 'login' ],
    fixtures => ['collector'], workers => 2,
    allow => qr/exited on signal 9/);
my $one = civic(@with, start => 0);
my $redis = $one->redis;
my $two = civic(@with, redis => $redis, start => 0);
my @civics = ($one, $two);
my $secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
my $citizen = { name => '张三丰', id_number => id_number(7),
    password => 'Correct-Horse-7-Battery' };

# One fleet: the same keyring, the same store.
system 'cp', '-p', $one->nginx->keyring, $two->nginx->keyring;

sub wait_for { return Civic::Process::wait_for(@_) }
sub audit { return $_[0]->nginx->folder . '/audit' }

# The entries of both folders, in order of time.
sub entries {
    my (@filter) = @_;
    my @all;

    for my $civic (@civics) {
        next if !-d audit($civic);
        my $text = $civic->nginx->civicctl('audit', 'show', '--json',
            @filter);
        push @all, map { decode_json($_) } split /\n/, $text;
    }
    @all = sort { $a->{at} <=> $b->{at} } @all;
    return @all;
}

# Until so many entries of an action are in the files.
sub told {
    my ($action, $count) = @_;
    my @found;

    my $there = eval {
        wait_for($action, 30, sub {
            @found = entries('--action', $action);
            return @found >= $count;
        });
    };
    is(scalar @found, $count, "$count x $action");
    return @found;
}

sub whole {
    my ($name) = @_;

    for my $civic (@civics) {
        my ($status, $said) = $civic->nginx->civicctl('audit', 'verify');

        is($status, 0, "$name: the trail is whole") or diag($said);
        like($said, qr/^the audit trail is whole$/m, 'and it is said');
    }
    return;
}

sub code {
    for my $key ($redis->keys('civic:*:staff')) {
        $redis->command('HDEL', $key, 'step');
    }
    my $code = $one->nginx->civicctl('staff', 'code', '--secret', $secret);

    chomp $code;
    return $code;
}

sub token {
    my ($civic) = @_;
    my $answer = $civic->client->post('/staff/sessions', json => {
        name => 'boss', password => 'Key-Cupboard-2026', totp => code() });

    is($answer->{status}, 200, 'the administrator is in')
        or diag($answer->{content});
    return $answer->{json}{token};
}


# ---- the folder ----

sub refused {
    my ($nginx, $change, $why, $name) = @_;
    my $text = $nginx->civic_directives;

    $change->() for $text;
    $nginx->write_conf(civic => $text);
    my ($good, $said) = $nginx->check;
    delete $nginx->{civic};
    ok(!$good, $name);
    return like($said, $why, 'said');
}

SKIP: {
    skip 'a plain nginx cannot load what sanitizers watch', 14
        if Civic::Nginx::asan();

    my $nginx = $one->nginx;
    my $dir = $nginx->folder;
    my $set = sub {
        my ($folder) = @_;
        return sub { s/^civic_audit.*$/civic_audit $folder;/m };
    };

    $nginx->allow(qr/\[emerg\]/);
    refused($nginx, $set->("$dir/no/audit"),
        qr{civic_audit: the folder "\Q$dir\E/no/audit" cannot be made.*install -d .* \Q$dir\E/no/audit \(2: .*nginx.conf:\d+},
        'a folder that cannot be made');
    mkdir "$dir/$_" for qw(etc etc/security etc/ssl);
    system 'touch', "$dir/etc/passwd";
    my @before = stat "$dir/etc/passwd";
    refused($nginx, $set->("$dir/etc/passwd"),
        qr{civic_audit: "\Q$dir\E/etc/passwd" cannot be used as a folder: .*nginx.conf:\d+},
        'a file');
    is((stat "$dir/etc/passwd")[4], $before[4], 'which stays root\'s');
    refused($nginx, $set->("$dir/etc"),
        qr{civic_audit: the folder "\Q$dir\E/etc" has somebody else's files: .*nginx.conf:\d+},
        'a folder of somebody else\'s') if $> == 0;

    my $apart = qr{"\S+" is not apart from "\S+": .*nginx.conf:\d+};
    refused($nginx, $set->("$dir/blobs"), $apart, 'the folder of the blobs');
    refused($nginx, $set->("$dir/blobs/audit"), $apart, 'one below it');
    refused($nginx, sub {
        s/^civic_blobs.*\n//m;
        s/^(civic_audit.*)$/$1\ncivic_blobs $dir\/audit\/blobs;/m;
    }, qr/civic_blobs: the folder $apart/, 'the blobs in the trail');
    $nginx->write_conf;
    ok(($nginx->check)[0], 'a folder that can be made');
    ok(!-e "$dir/audit" && !-e "$dir/blobs", 'is not made by nginx -t');
}


# ---- the operator ----

my ($status, $said) = $one->nginx->civicctl('audit', 'verify');
is($status, 1, 'without a folder there is nothing to verify');
like($said, qr/cannot be read.*No such file/, 'and it says so');

$one->nginx->civicctl('staff', 'add', '--name', 'boss', '--roles',
    'administrator', '--password-stdin', '--totp-secret', $secret,
    \'Key-Cupboard-2026');
$one->nginx->add_citizen($citizen);

$_->nginx->start for @civics;
$_->wait_ready for @civics;

my ($added) = told('staff.account_created', 1);
like($added->{actor}, qr/^civicctl:\w+$/, 'by the operator');
is($added->{route}, 'civicctl staff add', 'with that command');
my $boss = $added->{subject};
like($boss, qr/^[\w-]{22}$/, 'about the account');


# ---- staff, on both ----

my $first = token($one);
my $second = token($two);
my @logins = told('staff.logged_in', 2);
is($_->{subject}, $boss, 'the login of the account') for @logins;

is($one->client->post('/staff/sessions', json => { name => 'boss',
    password => 'Key-Cupboard-2027' })->{status}, 401, 'a wrong password');
my ($refused) = told('staff.login_refused', 1);
is($refused->{subject}, $boss, 'is told');
is($refused->{details}{why}, 'password', 'with its cause');

my $made = $one->client->post('/staff/accounts', token => $first,
    headers => { 'Idempotency-Key' => 'a-door-in-the-north' },
    json => { name => 'north.door', roles => ['door'] });
is($made->{status}, 201, 'an account');
my $again = $two->client->post('/staff/accounts', token => $second,
    headers => { 'Idempotency-Key' => 'a-door-in-the-north' },
    json => { name => 'north.door', roles => ['door'] });
is($again->{status}, 201, 'and the same again');

my $change = $two->client->request('PATCH', '/staff/accounts/north.door',
    token => $second, json => { roles => [ 'door', 'counter' ],
        disabled => JSON::PP::true });
is($change->{status}, 200, 'a change');
is($one->client->request('POST', '/staff/accounts/north.door/reset',
    token => $first)->{status}, 200, 'a reset');

my (undef, $created) = told('staff.account_created', 2);
is($created->{actor}, $boss, 'created by the administrator');
is_deeply($created->{roles}, ['administrator'], 'in that role');
is_deeply($created->{details}, { roles => ['door'] }, 'with these roles');
is($created->{request_id}, $made->{headers}{'x-request-id'}
    // $created->{request_id}, 'in that request');
my ($changed) = told('staff.account_changed', 1);
is($changed->{subject}, $created->{subject}, 'changed: the same account');
is_deeply($changed->{details}, {
    roles => [ 'door', 'counter' ], roles_before => ['door'],
    disabled => JSON::PP::true, disabled_before => JSON::PP::false },
    'from what to what');
told('staff.account_reset', 1);

is(scalar(entries('--actor', 'boss', '--action', 'staff.account_reset')), 1,
    'found by the name of who did it');
is(scalar(entries('--subject', 'north.door')), 3, 'and of whom it is about');
is(scalar(entries('--subject', 'nobody')), 0, 'and by no other');
is(scalar(entries('--since', '2099-01-01T00:00:00+08:00')), 0,
    'and by its time');
is(scalar(entries('--until', '2099-01-01T00:00:00+08:00')),
    scalar(entries()), 'on both sides');
like(join('', map { $_->nginx->civicctl('audit', 'show') } @civics),
    qr/staff\.account_changed +by $boss \(boss\) \[administrator\] +on \S{22} \(north\.door\)/,
    'people read names');
($status) = $one->nginx->civicctl('audit', 'show', '--since', 'yesterday');
is($status, 2, 'a time that is none');
($status) = $one->nginx->civicctl('audit', 'dance');
is($status, 2, 'a command that is none');


# ---- a route that tells nothing ----

is($one->client->post('/collector/silent', token => $first)->{status}, 200,
    'a change without an entry');
ok($one->nginx->log_has(
    qr/\[error\].*"POST \/collector\/silent" changed something without an entry in the audit trail/),
    'is a bug, and logged');
$one->nginx->log_mark;
is($one->client->post('/collector/told', token => $first)->{status}, 200,
    'one with its entry');
is($one->client->post('/collector/noted', token => $first)->{status}, 200,
    'one with a note');
is($one->client->post('/collector/idle', token => $first)->{status}, 200,
    'and one that changes nothing');
unlike($one->nginx->log_text, qr/without an entry/, 'are none');
told('collector.changed', 1);
told('collector.noted', 1);


# ---- outboxes of plugins ----

for my $n (1 .. 20) {
    is($_->client->post('/collector/letters', json => { text => "$n" })
        ->{status}, 204, 'a letter') for @civics;
}
my %seen;
wait_for('letters', 30, sub {
    %seen = @{ (eval { $redis->command('HGETALL',
        'civic:collector:letters') }) || [] };
    return keys %seen == 20;
});
is_deeply([ sort { $a <=> $b } keys %seen ], [ 1 .. 20 ],
    'all letters came out of their outboxes');
is($redis->command('XLEN', $_), 0, 'which are empty')
    for grep { !/audit/ } $redis->keys('civic:outbox:*');


# ---- reload, and a worker that dies ----

whole('at work');
$one->nginx->reload;
my ($victim) = $two->nginx->workers;
kill 'KILL', $victim;
wait_for('another worker', 10,
    sub { !grep { $_ == $victim } $two->nginx->workers });
$_->wait_ready for @civics;

for my $n (1 .. 10) {
    for my $civic (@civics) {
        is($civic->client->request('PATCH', '/staff/accounts/north.door',
            token => $first, json => { disabled =>
                $n % 2 ? JSON::PP::false : JSON::PP::true })->{status}, 200,
            'a change');
    }
}
told('staff.account_changed', 11);
whole('after a reload and a death');

my @chains = map { glob audit($_) . '/*/000001.audit' } @civics;
cmp_ok(scalar @chains, '<=', 6, 'chains go on: ' . @chains . ' for 4 workers');


# ---- nothing personal in clear ----

my $text = '';
for my $file (map { glob audit($_) . '/*/*' } @civics) {
    open my $in, '<:raw', $file or die "$file: $!";
    local $/;
    $text .= <$in>;
}
for my $value ($citizen->{id_number}, 'north.door', 'boss', $boss,
    'account_changed', $created->{subject})
{
    unlike($text, qr/\Q$value\E/, "no \"$value\" in the files");
}
is((stat audit($one))[2] & 07777, 0700, 'nobody else may look at them');

finish();
