# The folder of blobs is full, read-only, another's; a file is cut, changed,
# missing, or was left by a crash: each is told by its name, nothing is kept
# by half, and only what nobody can need is swept.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

use File::Copy qw(copy);

my $disk = Civic::Process::folder();

plan(skip_all => 'only root may mount a small disk') if $> != 0;
plan(skip_all => 'no tmpfs can be mounted here')
    if system("mount -t tmpfs -o size=2m,mode=0755 tmpfs $disk 2>/dev/null");

my $mounted = 1;
my $owner = $$;

sub unmount {
    return if !$mounted || $$ != $owner;
    system("umount -l $disk");
    $mounted = 0;
    return;
}

END { my $status = $?; unmount(); $? = $status }

my $civic = civic(form => 'single', start => 0, plugins => ['hello'],
    fixtures => [ 'keeper', 'files' ]);
my $nginx = $civic->nginx;
my $redis = $civic->redis;
my $conf = $nginx->civic_directives =~ s/^civic_blobs.*$/civic_blobs $disk;/mr;
$nginx->write_conf(civic => $conf);
$nginx->start;
$civic->wait_ready;
my $client = $civic->client(unseen => 1);
my $token = $client->post('/keeper/sessions', json => { name => 'wang' })
    ->{json}{token};

sub keep {
    my ($text, %arg) = @_;

    return $client->post('/keeper/files', token => $token,
        json => { text => $text, %arg });
}

sub look { return $client->get("/keeper/files/$_[0]", token => $token) }
sub upload {
    return $client->put('/files/mine', token => $token, type => 'text/plain',
        body => 'y' x 200_000);
}
sub sweep { return $client->post('/keeper/sweeps') }
sub files { return glob "$disk/??/*.*" }
sub file_of { return (grep { /\Q.$_[0]\E$/ } files())[0] }
sub left { return scalar(() = glob "$disk/incoming/*") }

sub alarmed {
    my ($code) = @_;

    return grep { $_->{code} eq $code }
        @{ $client->get('/civic/status')->{json}{alarms} };
}

sub fill {
    open my $file, '>', "$disk/ballast" or die $!;
    1 while syswrite $file, 'x' x 4096;
    close $file;
    return;
}

sub make_room { return unlink "$disk/ballast" }

# Older than the hour in which a record may still come.
sub age { return system('touch', '-d', '2 hours ago', @_) }

# ---- the disk is full ------------------------------------------------------

my $id = keep('a-marker')->{json}{id};
is(look($id)->{json}{text}, 'a-marker', 'a blob');

fill();
my $before = () = files();
is_problem(keep('more', times => 10_000), 503, 'store_unavailable', 'full');
is_problem(upload(), 503, 'store_unavailable', 'full: an upload');
ok($nginx->log_has(qr/a blob cannot be written: No space left on device/),
    'full: said');
ok(alarmed('blobs_folder'), 'full: an alarm');
is(scalar(() = files()), $before, 'full: no file');
ok(eval { wait_for('incoming', 3, sub { left() == 0 }) || 1 } && left() == 0,
    'full: nothing by half');
is(look($id)->{json}{text}, 'a-marker', 'full: what is there can be read');
is($client->get('/hello/greeting?name=x')->{status} < 500, 1,
    'full: the rest goes on');
make_room();
is(keep('again', times => 10_000)->{status}, 201, 'room again');
ok(!alarmed('blobs_folder'), 'room again: no alarm');

# Found out before a citizen does: at the start here, once a minute later on.
fill();
$nginx->reload;
ok(alarmed('blobs_folder'), 'full from the start: an alarm');
make_room();
$nginx->reload;
ok(!alarmed('blobs_folder'), 'and none with room');

# ---- read-only -------------------------------------------------------------

my $gone = keep('to be deleted')->{json}{id};
system("mount -o remount,ro $disk") == 0 or die 'remount';
is_problem(keep('more'), 503, 'store_unavailable', 'read-only');
ok($nginx->log_has(qr/a blob cannot be written: Read-only file system/),
    'read-only: said');
ok(alarmed('blobs_folder'), 'read-only: an alarm');
is($client->delete("/keeper/files/$gone", token => $token)->{status}, 204,
    'read-only: a blob is deleted all the same');
is_problem(look($gone), 404, 'not_found', 'read-only: and is gone');
ok($nginx->log_has(qr/files of 2 deleted blobs cannot be removed now/),
    'read-only: its file stays, said');
system("mount -o remount,rw $disk") == 0 or die 'remount';
ok(-e file_of($gone), 'its file is still there');
is(sweep()->{json}{removed}, 0, 'a sweep leaves what is young');
age(file_of($gone));
is(sweep()->{json}{removed}, 1, 'and takes it when it is old');
ok(!file_of($gone), 'gone');
is(keep('more')->{status}, 201, 'writable again');

SKIP: {
    skip 'root may write anywhere', 11 if Civic::Nginx::asan();

    chown 0, 0, $disk;
    is_problem(keep('more'), 503, 'store_unavailable', 'another\'s');
    ok($nginx->log_has(qr/a blob cannot be written: Permission denied/),
        'another\'s: said');
    is_problem(look($id), 503, 'store_unavailable', 'nor can it be read');
    chown scalar getpwnam('www-data'), -1, $disk;
    is(look($id)->{status}, 200, 'its own again');

    chown 0, 0, "$disk/incoming";
    chmod 0755, "$disk/incoming";
    system('touch', "$disk/incoming/roots");
    $nginx->reload;
    ok(alarmed('blobs_folder'), 'no file can be begun: known at the start');
    unlink "$disk/incoming/roots";
    $nginx->reload;
    ok(!alarmed('blobs_folder'), 'root\'s and empty: made the workers\' own');

    # What is below it can be written: all but somebody's first blob.
    chown 0, 0, $disk;
    chmod 0755, $disk;
    $nginx->reload;
    ok(alarmed('blobs_folder'), 'no folder can be made: known at the start');
    my ($status, $said) = $nginx->civicctl('doctor');
    is($status, 1, 'doctor finds it');
    like($said, qr/FAIL.*blobs: user "\S+" cannot write \Q$disk\E: Permission/,
        'and says it');
    chown scalar getpwnam('www-data'), -1, $disk;
    chmod 0700, $disk;
    $nginx->reload;
    ok(!alarmed('blobs_folder'), 'its own again');
    is(scalar(() = glob "$disk/.probe*"), 0, 'what is tried leaves nothing');
}

# ---- files that are damaged ------------------------------------------------

my $path = file_of($id);
my $copy = $nginx->folder . '/copy';
copy($path, $copy) or die $!;

sub restore {
    open my $file, '>', $path or die $!;
    copy($copy, $file) or die $!;
    close $file;
    return;
}

sub damaged {
    my ($name) = @_;

    is_problem(look($id), 500, 'internal_error', $name);
    ok($nginx->log_has(qr/a blob cannot be read: it is damaged/),
        "$name: said");
    restore();
    $nginx->log_mark;
    return is(look($id)->{json}{text}, 'a-marker', "$name, and whole again");
}

$nginx->log_mark;
truncate $path, 40;
damaged('half of a file');
ok(alarmed('blob_damaged'), 'an alarm');

truncate $path, 0;
damaged('an empty file');

open my $file, '+<', $path or die $!;
seek $file, 35, 0;
read $file, my $byte, 1;
seek $file, 35, 0;
print {$file} chr(ord($byte) ^ 1);
close $file;
damaged('one bit');

my $other = keep('b-marker')->{json}{id};
copy(file_of($other), $path) or die $!;
damaged('another blob in its place');

rename $path, "$path-away" or die $!;
is_problem(look($id), 503, 'store_unavailable', 'a file that is missing');
ok($nginx->log_has(qr/the file is not in the folder, which is this machine's: it may be another machine's/),
    'may be another machine\'s: said');
rename "$path-away", $path or die $!;

# ---- what is swept ---------------------------------------------------------

# A worker that died between the file and the script.
my $lost = keep('nobody refers to it', lose => JSON::PP::true())->{json}{id};
ok(-e file_of($lost), 'a file without a record');
is(sweep()->{json}{removed}, 0, 'may still get one');
age(files());
is(sweep()->{json}{removed}, 1, 'and is swept');
ok(!file_of($lost), 'gone');
is(look($id)->{json}{text}, 'a-marker', 'what has a record stays');
is(look($other)->{json}{text}, 'b-marker', 'so does the other');

# Workers that died while they wrote.
system("touch $disk/incoming/left $disk/incoming/young $disk/workers/dead");
age("$disk/incoming/left", "$disk/workers/dead");
sweep();
ok(!-e "$disk/incoming/left", 'half a file of a dead worker goes');
ok(!-e "$disk/workers/dead", 'and its proof');
ok(-e "$disk/incoming/young", 'what is being written stays');
unlink "$disk/incoming/young";
is(scalar(() = glob "$disk/workers/*"), 1, 'so does the proof of the living');

# Nothing goes while Redis is silent, nor when it answers with errors.
$lost = keep('nobody refers to it', lose => JSON::PP::true())->{json}{id};
age(files());
my ($hash) = grep { /:blobs$/ } $redis->keys('civic:*');
my $dump = $redis->command('HGETALL', $hash);
$redis->command('DEL', $hash);
$redis->command('SET', $hash, 'not a hash');
isnt(sweep()->{status}, 200, 'Redis answers with errors');
ok(-e file_of($lost) && -e file_of($id), 'nothing is removed');
$redis->command('DEL', $hash);
$redis->command('HSET', $hash, @$dump);
$redis->stop;
isnt(sweep()->{status}, 200, 'Redis is gone');
ok(-e file_of($lost) && -e file_of($id), 'nothing is removed');
$redis->run(0);
ok($civic->wait_ready(5), 'Redis is back');
is(look($id)->{json}{text}, 'a-marker', 'and so is the blob');

# Redis was emptied, and is to be restored: its blobs are needed yet.
my ($pid) = $path =~ m{/([^/.]+)\.};
for my $i (1 .. 120) {
    my $name = sprintf '%s/%s.%sA', $path =~ s{/[^/]+$}{}r, $pid,
        substr "$i" . 'x' x 22, 0, 21;
    copy($path, $name) or die "$name: $!";
}
age(files());
$nginx->log_mark;
isnt(sweep()->{status}, 200, 'most blobs have no record');
ok($nginx->log_has(qr/1\d\d of 1\d\d blobs have no record: nothing is removed/),
    'said');
is(scalar(() = files()) > 120, 1, 'nothing is removed');
unlink grep { /x{9}/ } files();
is(sweep()->{json}{removed}, 1, 'the one that is lost goes again');

# A worker that is killed leaves what the next ones do not stumble over.
my ($worker) = $nginx->workers;
$nginx->allow(qr/exited on signal 9/);
kill 'KILL', $worker;
wait_for('another worker', 10, 
    sub { grep { $_ != $worker } $nginx->workers });
$civic->wait_ready(5);
is(look($id)->{json}{text}, 'a-marker', 'after a crash');
is(scalar(() = glob "$disk/workers/*"), 2, 'the proof of the dead is left');

# A folder of this machine's is swept without a job.
$lost = keep('nobody refers to it', lose => JSON::PP::true())->{json}{id};
my $young = keep('young', lose => JSON::PP::true())->{json}{id};
age(grep { !/\Q$young\E/ } files());
$nginx->reload;
ok(eval { wait_for('the sweep', 8, sub { !file_of($lost) }); 1 },
    'each nginx sweeps its own folder');
ok(-e file_of($young) && -e file_of($id), 'with the same care');
ok($nginx->log_has(qr/1 files of blobs without a record were removed, while sweeping "\Q$disk\E"/),
    'said');

is(`grep -rl -e a-marker -e 'nobody refers' $disk`, '', 'nothing in clear');
$nginx->stop;
finish();
